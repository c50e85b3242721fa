#include "web/authentication.hpp"

#include "iib/base/error.hpp"
#include "web/auth/kerberos.hpp"
#include "web/auth/password.hpp"
#include "web/auth/proxy_header.hpp"
#include "web/auth/token.hpp"
#include "web/auth/users.hpp"

#include <utility>

namespace iib::web {
namespace {

/// One that stands for each alternative of a variant.
template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
// For clang 14, which does not deduce the cases of an aggregate.
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

Identification at_once(Identified identified) {
  return std::visit([](auto& found) -> Identification { return std::move(found); }, identified);
}

}  // namespace

Authentication::Authentication(const Options& options, Log log)
    : log_{std::move(log)}, login_disabled_{options.login_disabled} {
  methods_.push_back(
      std::make_unique<ProxyHeader>(options.remote_user_header, options.trusted_proxies));
  if (options.keytab) methods_.push_back(make_kerberos(*options.keytab, options.replay_cache));
  if (!options.users_file) return;
  users_ = std::make_shared<Users>(*options.users_file);
  methods_.push_back(std::make_unique<Password>(users_));
  methods_.push_back(std::make_unique<Token>(users_));
}

Authentication::~Authentication() = default;

Identification Authentication::identify(const HttpRequest& head) const {
  if (head.header("Authorization").size() > 1) {
    return refuse("authentication is ambiguous: the header Authorization came twice");
  }
  for (const auto& method : methods_) {
    auto judgement = method->judge(head);
    if (auto* begin = std::get_if<BeginVerdict>(&judgement)) {
      return BeginIdentified{[this, peer = head.peer, begin = std::move(*begin)](const auto& give) {
        begin([this, peer, give](Verdict verdict) {
          give([this, peer, verdict = std::move(verdict)] { return decide(verdict, peer); });
        });
      }};
    }
    const auto& verdict = std::get<Verdict>(judgement);
    if (!std::holds_alternative<NotMine>(verdict)) return at_once(decide(verdict, head.peer));
  }
  return at_once(decide(NotMine{}, head.peer));
}

Identified Authentication::decide(const Verdict& verdict, const Peer& peer) const {
  return std::visit(
      Overloaded{
          [](const Identity& identity) -> Identified { return identity; },
          [&](const NotMine&) -> Identified {
            if (login_disabled_) return Identity{};
            return refuse("authentication is needed to change anything");
          },
          // Also with login disabled: who claims to be somebody must not pass as nobody.
          [&](const Rejected& rejected) -> Identified {
            log_.info("authentication from {} failed: {}",
                      peer.address.empty() ? "a unix socket" : peer.address, rejected.reason);
            return refuse(rejected.reason);
          },
          [](const Busy&) -> Identified {
            return error_response(503, "too many callers wait for their authentication; try again");
          },
          [](const Broken& broken) -> Identified { std::rethrow_exception(broken.cause); },
      },
      verdict);
}

HttpResponse Authentication::refuse(const std::string& reason) const {
  auto response = error_response(401, reason);
  for (const auto& method : methods_) {
    auto challenge = method->challenge();
    if (!challenge.empty()) response.authenticate.push_back(std::move(challenge));
  }
  return response;
}

void Authentication::reload() const {
  if (!users_) return;
  try {
    log_.info("the users file was read anew, entries: {}", users_->reload());
  } catch (const Error& error) {
    log_.error("the users stay as they were: {}", error.what());
  }
}

void Authentication::stop() const {
  for (const auto& method : methods_) method->stop();
}

}  // namespace iib::web
