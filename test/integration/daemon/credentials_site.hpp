#pragma once

#include "commands.hpp"
#include "daemon.hpp"
#include "registry.hpp"
#include "site.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace iib::test {

/// A docker-registry over TLS by a private authority that lets in the users of a password file.
class PasswordRegistry {
 public:
  PasswordRegistry(const std::filesystem::path& folder, const std::vector<Login>& logins);

  /// `127.0.0.1:port`.
  [[nodiscard]] std::string address() const;
  /// A certs.d with its authority.
  [[nodiscard]] std::filesystem::path certs_directory() const { return folder_ / "certs.d"; }

 private:
  std::filesystem::path folder_;
  int port_;
  std::unique_ptr<Background> registry_;
};

/// A registry that wants TLS and credentials, as the tools of a test speak to it.
struct SecuredRegistry {
  std::string address;
  std::filesystem::path certs_directory;

  /// The pull specification of `image` there.
  [[nodiscard]] std::string pull_spec(const std::string& image) const;
  /// Copies `from`, in a plain registry, to `image`.
  void fill(const std::string& from, const std::string& image, const Login& login) const;
  /// Copies within the registry.
  void copy(const std::string& from, const Login& reader, const std::string& to,
            const Login& writer) const;
  /// The raw manifest of `image`.
  [[nodiscard]] std::string manifest(const std::string& image, const Login& login) const;
};

/// What is looked for: a password in clear and as a base64 of `user:password`.
[[nodiscard]] bool shows(const std::string& text, const Login& login);

/// An auth file of entries `key` -> login, as JSON.
[[nodiscard]] std::string auths_of(const std::vector<std::pair<std::string, Login>>& entries);

/// The variable that marks a daemon and its children, so that they are found in /proc.
inline constexpr auto kLife = "IIBD_TEST_LIFE";

/// What was seen of a request's secrets from outside while it ran.
struct Sightings {
  std::size_t processes = 0;         ///< Different ones, the daemon included.
  std::size_t auth_files = 0;        ///< Different ones.
  std::vector<std::string> loose;    ///< Auth files that others could read.
  std::vector<std::string> showing;  ///< Processes with a secret in arguments or environment.
};

/// Watches the daemon's processes and directories until `request` has ended.
[[nodiscard]] Sightings watch(const Daemon& daemon, const std::string& life, std::int64_t request,
                              const std::vector<Login>& logins);

/// The files of the daemon, its own log included, that hold a secret in clear; and auth files that
/// are still there.
[[nodiscard]] std::vector<std::string> left_behind(const Daemon& daemon,
                                                   const std::vector<Login>& logins);

}  // namespace iib::test
