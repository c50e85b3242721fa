#pragma once

#include "iib/image/engine.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace iib::task {

/// How a directory of this host lies in an image.
struct TreeForm {
  std::string target;         ///< Absolute path in the image.
  unsigned directory = 0755;  ///< The mode of the directory itself.
  unsigned below = 0755;      ///< Of the directories in it.
  unsigned files = 0644;      ///< Of its files.
  image::Owner owner{};       ///< Of all.
};

/// Decides by the path relative to the directory (`.` is itself) what is taken of it.
using TakePath = std::function<bool(const std::string& path)>;

/// Adds `directory` and what is in it, links left out, to `content`; of it what `take` takes.
void add_tree(image::ImageContent& content, const std::filesystem::path& directory,
              const TreeForm& form, const TakePath& take);

/// Makes `to` a hard link to the file `from` where the file system can, else a copy. Throws
/// fs::filesystem_error.
void link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to);

/// Puts `name` of the catalog `root`, a file or a directory with all that is in it, into the
/// directory `to`: hard links where the file system can, with the files that links lead to in their
/// places, for a catalog is read so. Links that lead to no file of `root` are left out, for
/// `.indexignore` may hide any. Throws ExternalError.
void copy_plain(const std::filesystem::path& root, const std::string& name,
                const std::filesystem::path& to);

/// `directory` itself when there is no link in it; else a plain copy in `copy`, for an image is to
/// hold what was read. Throws ExternalError.
[[nodiscard]] std::filesystem::path without_links(const std::filesystem::path& directory,
                                                  const std::filesystem::path& copy);

}  // namespace iib::task
