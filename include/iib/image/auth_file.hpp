#pragma once

#include "iib/base/secret.hpp"
#include "iib/model/image_reference.hpp"

#include <filesystem>
#include <optional>

namespace iib::image {

/// What a request adds to the daemon's own credentials (pipeline 4).
struct AuthOverlay {
  /// JSON text with the single key `auths`, or null.
  const Secret* registry_auths = nullptr;
  /// `user:password` for `token_image`, or null.
  const Secret* token = nullptr;
  /// Whose repository the token is for; the whole registry if it has no namespace.
  std::optional<model::ImageReference> token_image{};
};

/// The daemon's own credentials: `template_file` (`iib_docker_config_template`) if it exists, else
/// what `$REGISTRY_AUTH_FILE` names, else `~/.docker/config.json`; empty if there is none.
[[nodiscard]] std::filesystem::path find_base_auth_file(const std::filesystem::path& template_file);

/// Writes the auth file of a request to `file`, mode 0600: the `auths` of `base` (only read; may be
/// empty), overlaid by the request's, overlaid by its token. Throws ExternalError naming `base`
/// when it is not readable, not JSON, or keeps its credentials in a helper program, which would
/// need the home and the rights of another user; UserError when the overlay is not as it must be.
void write_auth_file(const std::filesystem::path& file, const std::filesystem::path& base,
                     const AuthOverlay& overlay = {});

}  // namespace iib::image
