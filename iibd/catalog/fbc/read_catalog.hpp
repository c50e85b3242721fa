#pragma once

#include "catalog/fbc/checked_catalog.hpp"
#include "catalog/fbc/facts.hpp"
#include "catalog/fbc/file_names.hpp"
#include "catalog/fbc/files.hpp"
#include "iib/base/cancellation.hpp"

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace iib::catalog::fbc {

/// Tells files apart: those of one inode have the same bytes, for files are never written in place.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
};

/// Whether a file was read, or only its names were found.
enum class Depth { names, facts };

/// The facts of a catalog, file by file. Those who fill one by themselves may leave out all but
/// listing and facts.
struct ReadCatalog {
  Listing listing;
  std::vector<FileFacts> facts;  ///< Of each of the files listed; empty where only names are known.
  std::vector<FileNames> names;  ///< Of each of the files listed.
  std::vector<Depth> depths;     ///< Of each of the files listed.
  std::vector<FileId> ids;       ///< Of each of the files listed.
};

/// How a catalog is read.
struct ReadOptions {
  Cancellation cancellation;
  std::size_t threads = 2;
  Identities identities = Identities::leave_out;
};

/// The id of a file, or of what a link leads to; of one that cannot be looked at an id of no file.
[[nodiscard]] FileId id_of(const std::filesystem::path& path);

/// Reads the files of the catalog in `root`, several at a time.
[[nodiscard]] ReadCatalog read_catalog(const std::filesystem::path& root,
                                       const ReadOptions& options);

/// The same, but only the names in files that are not `wanted` by name.
[[nodiscard]] ReadCatalog read_catalog(const std::filesystem::path& root,
                                       const ReadOptions& options,
                                       const std::function<bool(const std::string&)>& wanted);

/// Throws RefusedCatalog when something of `catalog` could not be read; takes the findings.
void refuse_unreadable(ReadCatalog& catalog);

/// Reads what changed in a catalog, when `known` was read of another copy of it: of files that both
/// have nothing is read again, but for those of packages of which another file changed or is gone.
/// So every package is known as a whole, or by its name (O7).
[[nodiscard]] ReadCatalog read_changes(const std::filesystem::path& root,
                                       const ReadOptions& options, ReadCatalog known);

/// Checks what was read of a catalog. Of files of which only names are known there is no fact in
/// the result.
[[nodiscard]] CheckedCatalog check_catalog(ReadCatalog read);

}  // namespace iib::catalog::fbc
