#pragma once

#include "iib/base/secret.hpp"
#include "iib/model/image_reference.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace iib::image {

/// What an auth file has for an image: user and password, or an identity token.
struct Login {
  std::string user;
  Secret password;
  /// An OAuth2 refresh token; when not empty, it is used instead of the password.
  Secret identity_token;
  /// The key of the auth file that it stands under: what an error names.
  std::string key;
};

/// The login of `auth_file` (image/auth_file.hpp) for `image`: of the longest key that is its
/// registry, or its registry and a leading part of its repository (pipeline 4). Keys that Docker
/// wrote long ago (`https://index.docker.io/v1/`) count as their registry; docker.io's names are
/// one. Nothing when no key fits, when the entry that fits is empty, or when `auth_file` is an
/// empty path. Throws ExternalError naming the key, never a secret, when the entry cannot be used.
[[nodiscard]] std::optional<Login> find_login(const std::filesystem::path& auth_file,
                                              const model::ImageReference& image);

/// Tells logins apart without keeping them: what one may read is not another's. Empty for none.
[[nodiscard]] std::string identity_of(const Login* login);

}  // namespace iib::image
