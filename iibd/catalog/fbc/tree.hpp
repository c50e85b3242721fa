#pragma once

#include "iib/base/cancellation.hpp"

#include <filesystem>
#include <functional>
#include <ostream>

namespace iib::catalog::fbc {

/// Makes `to` a copy of the directory `from`: directories with their modes (but that the owner may
/// do everything), files as hard links where the file system can, else as copies, symbolic links as
/// such. Throws ExternalError.
void clone_tree(const std::filesystem::path& from, const std::filesystem::path& to,
                const Cancellation& cancellation);

/// Like clone_tree(), but what is in `to` already stays unless `from` has a file of its name.
void lay_over(const std::filesystem::path& from, const std::filesystem::path& to,
              const Cancellation& cancellation);

/// `root`/`name` when all directories on the way there are directories or missing. Throws UserError
/// when one is a link, which may lead anywhere: catalogs come from images of others.
[[nodiscard]] std::filesystem::path inside(const std::filesystem::path& root,
                                           const std::filesystem::path& name);

/// Removes a file, or a directory with all that is in it. Returns whether it was there.
bool remove_tree(const std::filesystem::path& path);

/// Makes a directory of mode 0755 whatever the umask, those above it too.
void make_directory(const std::filesystem::path& path);

/// Writes a file of mode 0644 whatever the umask: a new one, which then takes the place of what was
/// there. Its directory is made. Throws ExternalError.
void replace_file(const std::filesystem::path& path,
                  const std::function<void(std::ostream&)>& write);

}  // namespace iib::catalog::fbc
