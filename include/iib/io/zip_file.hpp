#pragma once

#include <filesystem>

namespace iib::io {

/// Writes every regular file below `directory` to the new zip archive `file`, deflated, under its
/// path relative to `directory`, in the order of the paths; without entries for directories. The
/// same files give the same bytes. Symbolic links are left out. Throws ExternalError naming the
/// path and the cause; no archive is left then.
void write_zip(const std::filesystem::path& directory, const std::filesystem::path& file);

}  // namespace iib::io
