#include "cli/user_credentials.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <system_error>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;

fs::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? fs::path{} : fs::path{value};
}

/// `variable` if it is set, else `usual` below the home; empty if that is not known.
fs::path folder(const char* name, const char* usual) {
  if (auto set = variable(name); !set.empty()) return set;
  const auto home = variable("HOME");
  return home.empty() ? fs::path{} : home / usual;
}

bool is_present(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at is not there for us
  return fs::is_regular_file(path, ignored);
}

fs::path required(const fs::path& path, const char* named_by) {
  // The tools run elsewhere and must find it.
  if (is_present(path)) return fs::absolute(path);
  throw UserError{fmt::format("{} names {}, which is no file: correct it, or leave it away",
                              named_by, path.string())};
}

}  // namespace

fs::path find_auth_file(const fs::path& chosen) {
  if (!chosen.empty()) return required(chosen, "--auth-file");
  if (const auto named = variable("REGISTRY_AUTH_FILE"); !named.empty()) {
    return required(named, "REGISTRY_AUTH_FILE");
  }
  const auto runtime = variable("XDG_RUNTIME_DIR");
  const auto config = folder("XDG_CONFIG_HOME", ".config");
  const auto docker = folder("DOCKER_CONFIG", ".docker");
  if (!runtime.empty() && is_present(runtime / "containers" / "auth.json")) {
    return fs::absolute(runtime / "containers" / "auth.json");
  }
  if (!config.empty() && is_present(config / "containers" / "auth.json")) {
    return fs::absolute(config / "containers" / "auth.json");
  }
  if (!docker.empty() && is_present(docker / "config.json")) {
    return fs::absolute(docker / "config.json");
  }
  return {};
}

}  // namespace iib::cli
