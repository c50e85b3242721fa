#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iib::image {

/// Whether a registry has to prove who it is.
enum class TlsTrust {
  verified,  ///< HTTPS with a certificate that is trusted for its name.
  insecure,  ///< Named in `iib_insecure_registries`: any certificate, or plain HTTP.
};

/// How a registry's connections are secured.
struct TlsSettings {
  TlsTrust trust = TlsTrust::verified;
  /// PEM files of authorities that are trusted besides the system's, sorted.
  std::vector<std::filesystem::path> authorities{};
  /// A PEM certificate (chain) that we show, or empty.
  std::filesystem::path client_certificate{};
  /// Its private key; empty when there is no certificate.
  std::filesystem::path client_key{};

  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

/// What `certs_directory` (`iib_certs_dir`, containers-certs.d(5); may be empty or absent) and
/// `insecure_registries` say of `registry`, `host` or `host:port`: the files `*.crt`, and the first
/// `*.cert` with the `*.key` of the same name, of the directory called like the registry. Throws
/// ExternalError naming the file when a certificate lacks its key or the directory cannot be read.
[[nodiscard]] TlsSettings tls_settings(const std::filesystem::path& certs_directory,
                                       std::span<const std::string> insecure_registries,
                                       std::string_view registry);

/// The same of the token server at `host`, `host` or `host:port`, that `registry` named: its own
/// directory, besides it the authorities of the registry (one authority mostly signs for both), and
/// insecure when either is. The registry's client certificate is never shown to another host.
[[nodiscard]] TlsSettings token_server_tls_settings(
    const std::filesystem::path& certs_directory, std::span<const std::string> insecure_registries,
    std::string_view registry, std::string_view host);

}  // namespace iib::image
