#pragma once

#include <filesystem>

namespace iib {

/// Makes `to`, which is not there, a hard link to the file `from` where the file system can, else a
/// copy. Throws ExternalError naming `to` and the cause.
void link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace iib
