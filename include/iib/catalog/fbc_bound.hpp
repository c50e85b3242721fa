#pragma once

#include "iib/base/cancellation.hpp"

#include <cstddef>
#include <filesystem>

namespace iib::catalog::fbc {

/// Refuses a catalog of more than `most` blobs: UserError that names the file and the blob from
/// which on it is too much. Blobs are only counted; what is wrong with them is for validate().
void require_at_most(std::size_t most, const std::filesystem::path& root,
                     const Cancellation& cancellation);

}  // namespace iib::catalog::fbc
