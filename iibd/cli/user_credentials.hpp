#pragma once

#include <filesystem>

namespace iib::cli {

/// The credentials that podman, skopeo or docker would use for this user: `chosen` (--auth-file),
/// else what $REGISTRY_AUTH_FILE names, else the first there is of
/// $XDG_RUNTIME_DIR/containers/auth.json, $XDG_CONFIG_HOME/containers/auth.json (by default below
/// ~/.config) and $DOCKER_CONFIG/config.json (by default in ~/.docker); empty if there is none.
/// Throws UserError when a file that was named is not there.
[[nodiscard]] std::filesystem::path find_auth_file(const std::filesystem::path& chosen);

}  // namespace iib::cli
