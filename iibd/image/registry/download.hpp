#pragma once

#include "image/blob.hpp"
#include "image/registry/calls.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace iib::image {

/// A small blob into memory, size and digest checked.
[[nodiscard]] std::string fetch_blob(RegistryCalls& calls, const Errand& errand, const Blob& blob,
                                     std::size_t limit);

/// A layer into the new file `file`; see RegistryClient::download().
void download_blob(RegistryCalls& calls, const Errand& errand, const Blob& blob,
                   const std::filesystem::path& file);

}  // namespace iib::image
