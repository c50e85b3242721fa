#include "image/registry/token.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/urls.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace iib::image {
namespace {

constexpr std::size_t kMostRealmBytes = 2048;
constexpr std::size_t kMostServiceBytes = 512;
constexpr std::size_t kMostScopeBytes = 1024;
constexpr std::size_t kMostScopes = 16;
// Some servers put all of a user's rights into it.
constexpr std::size_t kMostTokenBytes = 64UL << 10U;
// Whatever a server promises: rights that were taken away must not live on here for long.
constexpr std::chrono::seconds kLongestLife{3600};

using Scopes = std::map<std::string, std::set<std::string>>;

void add_actions(std::set<std::string>& into, std::string_view actions) {
  while (!actions.empty()) {
    const auto comma = std::min(actions.find(','), actions.size());
    if (comma > 0) into.emplace(actions.substr(0, comma));
    actions.remove_prefix(std::min(comma + 1, actions.size()));
  }
}

/// Adds the scopes of `text`, parted by blanks; a name may hold colons, the actions do not.
void add_scopes(Scopes& into, std::string_view text) {
  if (text.size() > kMostScopeBytes) return;
  while (!text.empty() && into.size() < kMostScopes) {
    const auto blank = std::min(text.find(' '), text.size());
    const auto scope = text.substr(0, blank);
    const auto colon = scope.rfind(':');
    if (colon != std::string_view::npos) {
      add_actions(into[std::string{scope.substr(0, colon)}], scope.substr(colon + 1));
    }
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
}

/// `value` as part of a query or form, `name` before it.
void add_field(std::string& form, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(form), "{}{}={}", form.empty() ? "" : "&", name,
                 io::percent_encoded(value));
}

bool can_be_sent(std::string_view token) {
  return !token.empty() && token.size() <= kMostTokenBytes &&
         std::all_of(token.begin(), token.end(),
                     [](char character) { return character > ' ' && character <= '~'; });
}

/// Docker's token authentication: without a word about it a token lives for 60 seconds.
std::chrono::seconds lifetime_of(const io::JsonValue& answer) {
  constexpr std::chrono::seconds kUnsaid{60};
  const auto* told = io::find_member(answer, "expires_in");
  if (told == nullptr || !told->IsNumber()) return kUnsaid;
  const double longest = static_cast<double>(kLongestLife.count());
  return std::chrono::seconds{static_cast<long>(std::clamp(told->GetDouble(), 0.0, longest))};
}

}  // namespace

std::string TokenServer::shown() const {
  return without_queries(realm.text());
}

std::optional<TokenServer> token_server(const Challenge& challenge) {
  const auto realm = challenge.parameters.find("realm");
  if (realm == challenge.parameters.end() || realm->second.size() > kMostRealmBytes) {
    return std::nullopt;
  }
  const auto service = challenge.parameters.find("service");
  const bool has_service = service != challenge.parameters.end();
  if (has_service && service->second.size() > kMostServiceBytes) return std::nullopt;
  try {
    return TokenServer{.realm = io::parse_url(realm->second),
                       .service = has_service ? service->second : std::string{}};
  } catch (const UserError&) {
    return std::nullopt;
  }
}

std::vector<std::string> token_scopes(const Wanted& wanted, std::string_view asked) {
  Scopes scopes;
  const auto key = [](std::string_view repository) {
    return fmt::format("repository:{}", repository);
  };
  if (wanted.mount_from) scopes[key(*wanted.mount_from)].insert("pull");
  auto& own = scopes[key(wanted.image.repository())];
  own.insert("pull");
  if (wanted.action == Wanted::Action::push) own.insert("push");
  add_scopes(scopes, asked);
  std::vector<std::string> texts;
  for (const auto& [name, actions] : scopes) {
    if (!actions.empty()) texts.push_back(fmt::format("{}:{}", name, fmt::join(actions, ",")));
  }
  return texts;
}

TokenRequest token_request(const TokenServer& server, const std::vector<std::string>& scopes,
                           const Login* login, const Wanted& wanted) {
  TokenRequest request{.url = server.realm,
                       .registry = wanted.image.registry(),
                       .authorization = {},
                       .form = {},
                       .purpose = wanted.purpose};
  std::string fields;
  if (login != nullptr && !login->identity_token.empty()) {
    request.method = TokenRequest::Method::post;
    add_field(fields, "grant_type", "refresh_token");
    add_field(fields, "service", server.service);
    add_field(fields, "client_id", "iibd");
    add_field(fields, "scope", fmt::format("{}", fmt::join(scopes, " ")));
    add_field(fields, "refresh_token", login->identity_token.reveal());
    request.form = Secret{std::move(fields)};
    return request;
  }
  if (login != nullptr) {
    request.authorization = basic_authorization(*login);
    add_field(fields, "account", login->user);
  }
  if (!server.service.empty()) add_field(fields, "service", server.service);
  for (const auto& scope : scopes) add_field(fields, "scope", scope);
  request.url.target += request.url.target.find('?') == std::string::npos ? '?' : '&';
  request.url.target += fields;
  return request;
}

std::optional<Token> read_token(std::string& body) {
  std::optional<Token> token;
  try {
    const auto answer = io::parse_json(
        body, {.max_bytes = kMostTokenAnswer, .max_depth = 16, .max_values = 10'000});
    for (const auto* const name : {"token", "access_token"}) {
      const auto text = io::text_member(answer, name).value_or("");
      if (token || !can_be_sent(text)) continue;
      token =
          Token{.value = Secret{fmt::format("Bearer {}", text)}, .lifetime = lifetime_of(answer)};
    }
  } catch (const UserError&) {
    token.reset();  // what the answer says may be a secret: its errors are not shown
  }
  wipe(body);
  return token;
}

Secret basic_authorization(const Login& login) {
  auto pair = fmt::format("{}:{}", login.user, login.password.reveal());
  auto encoded = to_base64(pair);
  wipe(pair);
  Secret value{fmt::format("Basic {}", encoded)};
  wipe(encoded);
  return value;
}

}  // namespace iib::image
