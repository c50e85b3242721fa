#include "catalog/opm_access.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>

namespace iib::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAuthFileBytes = 4UL << 20U;
constexpr std::size_t kCertificateBytes = 1UL << 20U;
constexpr std::size_t kMostCertificates = 1000;

/// The key that opm looks up the login of Docker Hub by.
constexpr auto kDockerHubKey = "https://index.docker.io/v1/";

bool names_registry(std::string_view part) {
  return part == "localhost" || part.find_first_of(".:") != std::string_view::npos;
}

/// Registry and repository, without tag and digest.
std::string repository_of(std::string_view pull_spec) {
  pull_spec = pull_spec.substr(0, pull_spec.find('@'));
  const auto slash = pull_spec.rfind('/');
  const auto colon = pull_spec.rfind(':');
  if (colon != std::string_view::npos && slash != std::string_view::npos && colon > slash) {
    pull_spec = pull_spec.substr(0, colon);
  }
  if (names_registry(pull_spec.substr(0, pull_spec.find('/')))) return std::string{pull_spec};
  return fmt::format("docker.io/{}", pull_spec);
}

/// A key of an auth file as a registry, maybe with the beginning of a path: `quay.io/ns`.
std::string scope_of(std::string_view key) {
  const auto scheme = key.find("://");
  if (scheme != std::string_view::npos) {
    key.remove_prefix(scheme + 3);
    key = key.substr(0, key.find('/'));  // an old-style address, whose path says nothing
  }
  while (key.ends_with('/')) key.remove_suffix(1);
  for (const std::string_view alias : {"index.docker.io", "registry-1.docker.io"}) {
    if (key == alias) return "docker.io";
  }
  return std::string{key};
}

bool covers(std::string_view scope, std::string_view repository) {
  return repository.starts_with(scope) &&
         (repository.size() == scope.size() || repository[scope.size()] == '/');
}

/// The login for a repository: that of the longest key which covers it, as JSON text.
std::optional<std::string> find_login(const io::JsonValue& file, const std::string& repository) {
  const auto* const logins = io::find_member(file, "auths");
  if (logins == nullptr || !logins->IsObject()) return std::nullopt;
  std::string best;
  std::optional<std::string> login;
  for (const auto& member : logins->GetObject()) {
    const auto scope = scope_of({member.name.GetString(), member.name.GetStringLength()});
    if (scope.empty() || scope.size() < best.size() || !covers(scope, repository)) continue;
    best = scope;
    login = io::to_json(member.value);
  }
  return login;
}

/// A bundle and the login that it is pulled with.
struct Login {
  std::string pull_spec;
  std::optional<std::string> json;
};

std::map<std::string, Login> logins_by_registry(std::span<const BundleSource> bundles) {
  std::map<fs::path, io::JsonDocument> files;
  std::map<std::string, Login> logins;
  for (const auto& bundle : bundles) {
    std::optional<std::string> json;
    if (!bundle.auth_file.empty()) {
      auto [file, is_new] = files.try_emplace(bundle.auth_file);
      if (is_new) {
        file->second = io::parse_json(read_file(bundle.auth_file, kAuthFileBytes),
                                      {.name = bundle.auth_file.string()});
      }
      json = find_login(file->second, repository_of(bundle.pull_spec));
    }
    const auto registry = registry_of(bundle.pull_spec);
    const auto [known, is_new] =
        logins.try_emplace(registry, Login{.pull_spec = bundle.pull_spec, .json = json});
    if (is_new || known->second.json == json) continue;
    throw UserError{fmt::format(
        "bundles {} and {} need different credentials for {}, but opm takes one for each "
        "registry: add them in two requests, or set iib_index_engine to `embedded`",
        known->second.pull_spec, bundle.pull_spec, registry)};
  }
  return logins;
}

void write_credentials(const fs::path& file, std::span<const BundleSource> bundles) {
  io::JsonDocument document;
  document.SetObject();
  auto& allocator = document.GetAllocator();
  io::JsonValue auths{rapidjson::kObjectType};
  // Without any login opm would ask the helper programs of the host for one.
  io::add_member(auths, "none.invalid", io::JsonValue{rapidjson::kObjectType}, allocator);
  for (const auto& [registry, login] : logins_by_registry(bundles)) {
    if (!login.json) continue;
    const auto parsed = io::parse_json(*login.json);
    io::JsonValue copy;
    copy.CopyFrom(parsed, allocator);
    io::add_member(auths, registry == "docker.io" ? kDockerHubKey : registry, std::move(copy),
                   allocator);
  }
  io::add_member(document, "auths", std::move(auths), allocator);
  write_file_atomically(file, io::to_json(document), 0600);
}

/// The certificates of authorities in a folder, one after the other.
std::string certificates_in(const fs::path& folder) {
  std::error_code error;
  std::set<fs::path> files;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".crt" && files.size() < kMostCertificates) {
      files.insert(entry->path());
    }
  }
  std::string all;
  for (const auto& file : files) {
    all += read_file(file, kCertificateBytes);
    all += '\n';
  }
  return all;
}

}  // namespace

std::string registry_of(std::string_view pull_spec) {
  const auto repository = repository_of(pull_spec);
  return repository.substr(0, repository.find('/'));
}

RegistryTrust registry_trust(std::span<const BundleSource> bundles) {
  const BundleSource* insecure = nullptr;
  const BundleSource* verified = nullptr;
  for (const auto& bundle : bundles) {
    const auto& list = bundle.insecure_registries;
    const bool named =
        std::find(list.begin(), list.end(), registry_of(bundle.pull_spec)) != list.end();
    (named ? insecure : verified) = &bundle;
  }
  if (insecure == nullptr) return RegistryTrust::verified;
  if (verified == nullptr) return RegistryTrust::insecure;
  throw UserError{fmt::format(
      "bundle {} is in a registry that iib_insecure_registries names and bundle {} is not, but opm "
      "treats all registries of a call alike: add them in two requests, or set iib_index_engine to "
      "`embedded`",
      insecure->pull_spec, verified->pull_spec)};
}

OpmHome::OpmHome(const fs::path& directory, std::span<const BundleSource> bundles)
    : home_{directory / "home"} {
  std::error_code error;
  fs::create_directory(home_, error);
  if (error) {
    throw ExternalError{
        fmt::format("directory {} cannot be made: {}", home_.string(), error.message()),
        ExternalError::Retry::no};
  }
  write_credentials(home_ / "config.json", bundles);
}

std::map<std::string, std::string> OpmHome::environment() const {
  const auto home = home_.string();
  return {{"HOME", home},
          {"DOCKER_CONFIG", home},
          {"XDG_CONFIG_HOME", home},
          {"XDG_CACHE_HOME", home},
          {"XDG_DATA_HOME", home},
          {"XDG_RUNTIME_DIR", home},
          {"REGISTRY_AUTH_FILE", (home_ / "config.json").string()},
          {"TMPDIR", home},
          {"LC_ALL", "C"}};
}

fs::path OpmHome::gather_certificates(std::span<const fs::path> folders,
                                      std::span<const BundleSource> bundles) const {
  std::set<std::string> registries;
  for (const auto& bundle : bundles) registries.insert(registry_of(bundle.pull_spec));
  std::string all;
  for (const auto& folder : folders) {
    for (const auto& registry : registries) all += certificates_in(folder / registry);
  }
  if (all.empty()) return {};
  auto file = home_ / "ca.crt";
  write_file_atomically(file, all);
  return file;
}

}  // namespace iib::catalog
