#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace iib::test {

/// Somebody who may pull and push below `folder`/. All, nobody too, may pull below public/.
struct Account {
  std::string user;
  std::string password;
  std::string identity_token;
  std::string folder;
};

/// A request for a token that came.
struct TokenAsked {
  std::string method;
  std::string user;  ///< Empty: nobody.
  std::vector<std::string> scopes;
  int status = 0;  ///< Of the answer.
};

/// A real token server as Docker's registry wants it: gives signed JSON Web Tokens to accounts and
/// anonymous clients, over TLS, on a free port of loopback.
class TokenServer {
 public:
  /// `folder` has server.pem and .key for TLS, and signer.pem and .key for tokens.
  TokenServer(std::filesystem::path folder, std::vector<Account> accounts);
  TokenServer(const TokenServer&) = delete;
  TokenServer& operator=(const TokenServer&) = delete;
  ~TokenServer();

  /// `127.0.0.1:port`.
  [[nodiscard]] std::string address() const;
  /// What came so far, in order.
  [[nodiscard]] std::vector<TokenAsked> asked() const;
  /// The token that was given last.
  [[nodiscard]] std::string last_token() const;
  /// For how long the registry accepts tokens given from now on. What the server says is an hour.
  void accept_for(std::chrono::seconds time);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::test
