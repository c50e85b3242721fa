#include "image/registry/tls_settings.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <vector>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, std::string_view cause) {
  throw ExternalError{
      fmt::format("{} cannot be used: {}; correct it below iib_certs_dir", path.string(), cause),
      ExternalError::Retry::no};
}

/// The entries of `directory`, sorted; none when there is no such directory.
std::vector<fs::path> entries_of(const fs::path& directory) {
  std::error_code failure;
  std::vector<fs::path> entries;
  fs::directory_iterator at{directory, failure};
  if (failure == std::errc::no_such_file_or_directory) return entries;
  for (; !failure && at != fs::directory_iterator{}; at.increment(failure)) {
    entries.push_back(at->path());
  }
  if (failure) refuse(directory, failure.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// The file of the same name with another ending, which must be one of `entries`.
fs::path partner(const std::vector<fs::path>& entries, fs::path path, const char* ending) {
  const auto first = path;
  path.replace_extension(ending);
  if (!std::binary_search(entries.begin(), entries.end(), path)) {
    refuse(first, fmt::format("{} is missing beside it", path.filename().string()));
  }
  return path;
}

/// The directory of a registry; nothing when its name would lead elsewhere.
std::optional<fs::path> directory_of(const fs::path& certs_directory, std::string_view registry) {
  const bool leads_elsewhere = registry.empty() || registry == "." || registry == ".." ||
                               registry.find('/') != std::string_view::npos;
  if (certs_directory.empty() || leads_elsewhere) return std::nullopt;
  return certs_directory / registry;
}

}  // namespace

bool is_insecure(std::span<const std::string> insecure_registries, std::string_view registry) {
  return std::find(insecure_registries.begin(), insecure_registries.end(), registry) !=
         insecure_registries.end();
}

io::TlsSettings tls_settings(const fs::path& certs_directory,
                             std::span<const std::string> insecure_registries,
                             std::string_view registry) {
  using enum io::HttpVerification;
  io::TlsSettings settings;
  settings.verification = is_insecure(insecure_registries, registry) ? none : required;
  const auto directory = directory_of(certs_directory, registry);
  if (!directory) return settings;
  const auto entries = entries_of(*directory);
  for (const auto& entry : entries) {
    const auto ending = entry.extension();
    if (ending == ".crt") settings.authorities.push_back(entry);
    if (ending == ".key") partner(entries, entry, ".cert");
    if (ending != ".cert") continue;
    auto key = partner(entries, entry, ".key");
    if (!settings.client_certificate.empty()) continue;
    settings.client_certificate = entry;
    settings.client_key = std::move(key);
  }
  return settings;
}

io::TlsSettings token_server_tls_settings(const fs::path& certs_directory,
                                          std::span<const std::string> insecure_registries,
                                          std::string_view registry,
                                          const io::HttpOrigin& token_server) {
  auto named = tls_settings(certs_directory, insecure_registries, registry);
  const auto own = io::origin_of(token_server.scheme, registry);
  if (own == token_server) return named;
  auto settings = tls_settings(certs_directory, insecure_registries, token_server.authority());
  settings.authorities.insert(settings.authorities.end(), named.authorities.begin(),
                              named.authorities.end());
  if (named.verification == io::HttpVerification::none) settings.verification = named.verification;
  return settings;
}

}  // namespace iib::image
