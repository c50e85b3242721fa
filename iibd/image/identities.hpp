#pragma once

#include "iib/base/guarded.hpp"
#include "iib/model/image_reference.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace iib::image {

/// identity_of() the login of auth files for images, remembered while a file stays the same: what
/// a build asks for each architecture. Keeps no login. Safe to use from any thread.
class Identities {
 public:
  /// Of whom `auth_file` makes us for `image`; empty for nobody. Throws as find_login() does.
  [[nodiscard]] std::string of(const std::filesystem::path& auth_file,
                               const model::ImageReference& image);

 private:
  /// Tells a file from another that came into its place.
  struct Version {
    dev_t device = 0;
    ino_t inode = 0;
    off_t bytes = 0;
    std::int64_t modified = 0;  ///< Nanoseconds.
    bool operator==(const Version&) const = default;
  };
  struct Entry {
    Version version;
    std::string identity;
  };
  using Key = std::pair<std::filesystem::path, std::string>;

  [[nodiscard]] static std::optional<Version> version_of(const std::filesystem::path& file);

  Guarded<std::map<Key, Entry>> known_;  ///< By file and name of the image.
};

}  // namespace iib::image
