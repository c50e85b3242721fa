#pragma once

#include "iib/base/secret.hpp"
#include "iib/io/http_url.hpp"
#include "image/registry/authorizer.hpp"
#include "image/registry/challenge.hpp"
#include "image/registry/credentials.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::image {

/// Whom to ask for tokens: what a bearer challenge says.
struct TokenServer {
  io::HttpUrl realm;
  std::string service;

  /// The realm without its query: what errors show.
  [[nodiscard]] std::string shown() const;
};

/// The token server of a bearer challenge; nothing when its realm is no URL.
[[nodiscard]] std::optional<TokenServer> token_server(const Challenge& challenge);

/// What a token has to allow for `wanted`, and what the registry asked for besides (the challenge's
/// `scope`, several parted by blanks): `type:name:action,action`, each name once, sorted.
[[nodiscard]] std::vector<std::string> token_scopes(const Wanted& wanted, std::string_view asked);

/// The request for a token (Docker's token authentication): a GET, anonymous or with the login; for
/// an identity token a POST as OAuth2 has it.
[[nodiscard]] TokenRequest token_request(const TokenServer& server,
                                         const std::vector<std::string>& scopes, const Login* login,
                                         const Wanted& wanted);

/// A token as a value of `Authorization`.
struct Token {
  Secret value;
  /// How long it is accepted, from when it was asked for.
  std::chrono::seconds lifetime{60};
};

/// Reads the body of a token server's answer, which is emptied; nothing when it holds no token that
/// can be sent.
[[nodiscard]] std::optional<Token> read_token(std::string& body);

/// `Basic` and user and password: a value of `Authorization`.
[[nodiscard]] Secret basic_authorization(const Login& login);

}  // namespace iib::image
