#pragma once

#include "iib/base/secret.hpp"

#include <filesystem>
#include <optional>

namespace iib::store {

/// Where the key that seals the secrets of jobs may lie; the first that is there counts.
struct KeyPlaces {
  /// The folder of systemd credentials ($CREDENTIALS_DIRECTORY), holding `iibd-secret-key`.
  std::optional<std::filesystem::path> credentials;
  /// `iib_secret_key_file`: must exist when it is set.
  std::optional<std::filesystem::path> file;
  /// Holds `secret.key`, made at the first start.
  std::filesystem::path state_dir;
};

/// The places of this process: its environment and the given settings.
[[nodiscard]] KeyPlaces key_places(std::optional<std::filesystem::path> file,
                                   std::filesystem::path state_dir);

/// The 32 bytes of the key. A file holds them raw or as 64 hex digits. Throws UserError naming the
/// file when it is absent though configured, has another length, or is open to others.
[[nodiscard]] Secret load_key(const KeyPlaces& places);

}  // namespace iib::store
