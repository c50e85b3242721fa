#pragma once

#include "iib/io/http_client.hpp"
#include "iib/io/http_url.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace iib::image {

/// Whether `iib_insecure_registries` names `registry` (`host` or `host:port`): any certificate will
/// do, and so will plain HTTP.
[[nodiscard]] bool is_insecure(std::span<const std::string> insecure_registries,
                               std::string_view registry);

/// What `certs_directory` (`iib_certs_dir`, containers-certs.d(5); may be empty or absent) and
/// `insecure_registries` say of `registry`, `host` or `host:port`: the authorities `*.crt`, and the
/// first `*.cert` with the `*.key` of the same name, of the directory called like the registry.
/// Throws ExternalError naming the file when a certificate lacks its key, a key its certificate, or
/// the directory cannot be read.
[[nodiscard]] io::TlsSettings tls_settings(const std::filesystem::path& certs_directory,
                                           std::span<const std::string> insecure_registries,
                                           std::string_view registry);

/// The same of the token server that `registry` named: its own directory, besides it the
/// authorities of the registry (one authority mostly signs for both), and unverified when either
/// is. The registry's client certificate is never shown to another server.
[[nodiscard]] io::TlsSettings token_server_tls_settings(
    const std::filesystem::path& certs_directory, std::span<const std::string> insecure_registries,
    std::string_view registry, const io::HttpOrigin& token_server);

}  // namespace iib::image
