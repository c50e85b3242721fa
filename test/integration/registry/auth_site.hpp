#pragma once

#include "auth_certificates.hpp"
#include "auth_token_server.hpp"
#include "commands.hpp"
#include "iib/base/files.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace iib::test {

/// A real docker-registry that takes tokens of a real token server, both over TLS by a private
/// authority.
class AuthSite {
 public:
  /// Starts both and waits until the registry answers. With `client_certificate` the registry talks
  /// to nobody without one of the authority's.
  enum class Clients { any, with_certificate };
  explicit AuthSite(Clients clients = Clients::any);

  /// `127.0.0.1:port`.
  [[nodiscard]] std::string registry() const;
  TokenServer& tokens() { return *tokens_; }
  /// A certs.d with the authority for the registry (which vouches for its token server, too).
  [[nodiscard]] std::filesystem::path certs_directory() const { return folder() / "certs.d"; }
  /// Adds our own certificate to it.
  void give_client_certificate() const;
  /// Writes an auth file; `auths` is a JSON object.
  [[nodiscard]] std::filesystem::path auth_file(const std::string& auths) const;
  /// A folder of the test.
  [[nodiscard]] const std::filesystem::path& folder() const { return directory_.path(); }
  /// What the registry answers to a GET of `path` with this value of `Authorization`.
  [[nodiscard]] int status(const std::string& path, const std::string& authorization) const;

 private:
  TempDir directory_;
  Authority authority_;
  int port_;
  std::unique_ptr<TokenServer> tokens_;
  std::unique_ptr<Background> registry_;
};

}  // namespace iib::test
