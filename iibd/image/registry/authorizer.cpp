#include "image/registry/authorizer.hpp"

#include "iib/base/error.hpp"
#include "iib/base/guarded.hpp"
#include "image/registry/challenge.hpp"
#include "image/registry/credentials.hpp"
#include "image/registry/tls_settings.hpp"
#include "image/registry/token.hpp"
#include "image/registry/token_cache.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

namespace iib::image {
namespace {

// A user may name any registry in a request.
constexpr std::size_t kMostRegistries = 1024;

/// What a registry asks for.
struct Method {
  /// Without: basic.
  std::optional<TokenServer> tokens;
};

[[noreturn]] void refuse(const Wanted& wanted, std::string_view cause, std::string_view remedy) {
  throw ExternalError{fmt::format("{}: {}; {}", wanted.purpose, cause, remedy),
                      ExternalError::Retry::no};
}

std::string check_credentials(const Wanted& wanted) {
  return fmt::format(
      "check the credentials for {} in iib_docker_config_template, or those given with the request",
      wanted.image.registry());
}

/// `the credentials for quay.io/ns`, or that there are none.
std::string shown(const Login* login) {
  return login == nullptr ? std::string{"a request without credentials"}
                          : fmt::format("the credentials for {}", login->key);
}

/// The parameter of the first bearer challenge; empty when it has none.
std::string bearer_parameter(const std::vector<Challenge>& challenges, const std::string& name) {
  for (const auto& challenge : challenges) {
    if (challenge.scheme != Challenge::Scheme::bearer) continue;
    const auto found = challenge.parameters.find(name);
    return found == challenge.parameters.end() ? std::string{} : found->second;
  }
  return {};
}

/// Bearer before basic: its tokens end and allow less.
Method choose(const Wanted& wanted, const std::vector<Challenge>& challenges) {
  bool basic = false;
  for (const auto& challenge : challenges) {
    if (challenge.scheme == Challenge::Scheme::basic) basic = true;
    if (challenge.scheme != Challenge::Scheme::bearer) continue;
    if (auto server = token_server(challenge)) return {.tokens = std::move(server)};
  }
  if (basic) return {};
  refuse(wanted,
         fmt::format("{} answered 401 and offers no authentication that iibd knows (basic, or "
                     "bearer with the URL of a token server)",
                     wanted.image.registry()),
         fmt::format("check that {} is a registry", wanted.image.registry()));
}

}  // namespace

class Authorizer::State {
 public:
  State(SendTokenRequest send, std::vector<std::string> insecure_registries, Now now)
      : send_{std::move(send)},
        insecure_registries_{std::move(insecure_registries)},
        tokens_{std::move(now)} {}

  std::optional<Method> known(const std::string& registry) {
    return methods_.with([&](const auto& methods) {
      const auto found = methods.find(registry);
      return found == methods.end() ? std::nullopt : std::optional{found->second};
    });
  }

  void remember(const std::string& registry, const Method& method) {
    methods_.with([&](auto& methods) {
      if (methods.size() >= kMostRegistries) methods.clear();
      methods.insert_or_assign(registry, method);
    });
  }

  Secret token(const Wanted& wanted, const TokenServer& server,
               const std::vector<std::string>& scopes, const Login* login, const Secret& refused,
               const Cancellation& cancellation) {
    const auto key = fmt::format("{}\n{}\n{}\n{}\n{}", wanted.image.registry(), identity_of(login),
                                 server.realm.text(), server.service, fmt::join(scopes, " "));
    return tokens_.token(key, refused, cancellation,
                         [&] { return fetch(wanted, server, scopes, login, cancellation); });
  }

 private:
  Token fetch(const Wanted& wanted, const TokenServer& server,
              const std::vector<std::string>& scopes, const Login* login,
              const Cancellation& cancellation) const {
    if (login != nullptr) require_safe_way(wanted, server);
    auto answer = send_(token_request(server, scopes, login, wanted), cancellation);
    if (answer.status == 200) {
      if (auto token = read_token(answer.body)) return *std::move(token);
      refuse(wanted, fmt::format("the answer of the token server {} is no token", server.shown()),
             fmt::format("check that {} is a registry", wanted.image.registry()));
    }
    const auto cause = fmt::format("the token server {} answered {} to {}", server.shown(),
                                   answer.status, shown(login));
    if (answer.status == 429 || answer.status >= 500) {
      throw ExternalError{fmt::format("{}: {}; the trouble is there", wanted.purpose, cause),
                          ExternalError::Retry::yes};
    }
    refuse(wanted, cause, check_credentials(wanted));
  }

  /// Credentials go over plain HTTP only where the operator said so.
  void require_safe_way(const Wanted& wanted, const TokenServer& server) const {
    const auto host = server.realm.origin.authority();
    if (server.realm.origin.scheme == io::HttpScheme::https ||
        is_insecure(insecure_registries_, wanted.image.registry()) ||
        is_insecure(insecure_registries_, host)) {
      return;
    }
    refuse(wanted,
           fmt::format("{} wants its credentials sent by plain HTTP to the token server {}",
                       wanted.image.registry(), server.shown()),
           fmt::format("if that is meant so, name {} in iib_insecure_registries", host));
  }

  SendTokenRequest send_;
  std::vector<std::string> insecure_registries_;
  TokenCache tokens_;
  Guarded<std::map<std::string, Method>> methods_;
};

Authorizer::Authorizer(SendTokenRequest send, std::vector<std::string> insecure_registries, Now now)
    : state_{std::make_unique<State>(std::move(send), std::move(insecure_registries),
                                     std::move(now))} {}

Authorizer::~Authorizer() = default;

Secret Authorizer::authorization(const Wanted& wanted, const Cancellation& cancellation) {
  const auto method = state_->known(wanted.image.registry());
  if (!method) return {};
  const auto login = find_login(wanted.auth_file, wanted.image);
  const auto* const chosen = login ? &*login : nullptr;
  if (method->tokens) {
    return state_->token(wanted, *method->tokens, token_scopes(wanted, {}), chosen, {},
                         cancellation);
  }
  return chosen == nullptr || chosen->user.empty() ? Secret{} : basic_authorization(*chosen);
}

Secret Authorizer::after_refusal(const Wanted& wanted, std::string_view www_authenticate,
                                 const Secret& refused, const Cancellation& cancellation) {
  const auto& registry = wanted.image.registry();
  const auto challenges = parse_challenges(www_authenticate);
  const auto method = choose(wanted, challenges);
  state_->remember(registry, method);
  const auto login = find_login(wanted.auth_file, wanted.image);
  const auto* const chosen = login ? &*login : nullptr;
  const auto not_accepted = [&] {
    refuse(wanted, fmt::format("{} answered 401 to {}", registry, shown(chosen)),
           check_credentials(wanted));
  };
  Secret value;
  if (method.tokens) {
    const auto scopes = token_scopes(wanted, bearer_parameter(challenges, "scope"));
    // A token with all scopes that still allows too little: another would not allow more.
    if (refused.reveal().starts_with("Bearer ") && scopes == token_scopes(wanted, {}) &&
        bearer_parameter(challenges, "error") == "insufficient_scope") {
      not_accepted();
    }
    value = state_->token(wanted, *method.tokens, scopes, chosen, refused, cancellation);
  } else {
    if (chosen == nullptr) not_accepted();
    if (chosen->user.empty()) {
      refuse(wanted,
             fmt::format("{} wants user and password, but {} are an identity token", registry,
                         shown(chosen)),
             check_credentials(wanted));
    }
    value = basic_authorization(*chosen);
  }
  if (value.reveal() == refused.reveal()) not_accepted();
  return value;
}

}  // namespace iib::image
