#pragma once

#include "iib/catalog/engine.hpp"
#include "iib/catalog/fbc.hpp"
#include "iib/catalog/fbc_render.hpp"
#include "iib/catalog/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {
struct FileBasedOptions;
}

namespace iib::catalog::fbc {

/// A file-based catalog that breaks rules all releases hold. what() names file, blob and rule.
class RefusedCatalog final : public Refused {
 public:
  /// `findings` must not be empty.
  explicit RefusedCatalog(std::vector<Finding> findings);
  /// All of them, in the order of validate().
  [[nodiscard]] const std::vector<Finding>& findings() const noexcept { return findings_; }

 private:
  std::vector<Finding> findings_;
};

/// Of every change of a file-based catalog.
struct ChangeOptions {
  MigrateLevel level = MigrateLevel::none;  ///< The form of manifests that come from a database.
  /// The directory at the top of the catalog with the deprecations, one directory a package
  /// (`operator_deprecations_dir`).
  std::string deprecations_directory = kDeprecationsDirectory;
  std::size_t threads = 2;  ///< Files read at the same time.
};

/// How an engine with `options` changes `catalog`.
[[nodiscard]] ChangeOptions change_options(const FileBasedOptions& options, const Catalog& catalog);

/// The catalog of a fragment.
struct Fragment {
  std::string name;                 ///< What the request calls it: its pull specification.
  std::filesystem::path directory;  ///< Its catalog, such as a copy of `/configs`.
};

// All functions below that give a Catalog make a new directory below `work.directory` and leave
// `from` as it was. Files that stay the same are hard links to those of `from` where the file
// system can: byte for byte and of the same inode, so that what changed is found by comparing
// inodes (compare_trees). Files are never written in place. The result is validated; rules that
// only some releases hold are warnings in the log. Databases are changed as copies, never in place.

/// The packages of a fragment: the names of the directories at its top (catalog-fbc 4.6). Throws
/// UserError naming the fragment when there are none, or when there is a plain file among them.
[[nodiscard]] std::vector<std::string> packages_of(const Fragment& fragment);

/// Takes the packages of `fragments` into `from`, in order: a package's directory is replaced as a
/// whole, the last fragment wins, which the log tells (4.6). Packages of the hidden database that
/// fragments bring are removed from it, their deprecations too, and what is left in it is laid over
/// the catalog; without a hidden database the catalog alone changes. `begin` hears the number of
/// each fragment, from 0, before it is taken.
[[nodiscard]] Catalog take_fragments(
    const Catalog& from, std::span<const Fragment> fragments, CatalogEngine& databases,
    const ChangeOptions& options, const Work& work,
    const std::function<void(std::size_t)>& begin = [](std::size_t) {});

/// Checks the text of add-deprecations, which needs no image: JSON, an object, `schema`
/// olm.deprecations, `package` equal to `package` (pipeline 6.9). Throws UserError.
void check_deprecations_text(std::string_view package, std::string_view text);

/// Writes the deprecations of `package` into `from`, in place of earlier ones (4.7). Throws
/// UserError like check_deprecations_text(), and when the package is not in the hidden database.
[[nodiscard]] Catalog add_deprecations(const Catalog& from, const std::string& package,
                                       std::string_view text, const ChangeOptions& options,
                                       const Work& work);

/// Writes the deprecations of packages, texts by package, in place of earlier ones, wherever the
/// packages live. Throws UserError like check_deprecations_text().
[[nodiscard]] Catalog with_deprecations(const Catalog& from,
                                        const std::map<std::string, std::string>& texts,
                                        const ChangeOptions& options, const Work& work);

/// A catalog without packages, be `from` a directory or a database: an empty directory, and the
/// database without packages if there is one (4.8).
[[nodiscard]] Catalog make_empty(const Catalog& from, CatalogEngine& databases, const Work& work);

/// The index database `from` as a catalog of files with `from` as its hidden database (2.4).
[[nodiscard]] Catalog to_file_based(const Catalog& from, const ChangeOptions& options,
                                    const Work& work);

/// `from` with `database` in place of its hidden database: packages that differ from what the
/// catalog says are written anew, those that the old one had and the new one has not go together
/// with their deprecations, all others stay; YAML becomes JSON (4.1, 4.4). Packages that are in
/// the catalog only are never lost: one that `database` begins to have is refused by name, and so
/// is one that is in both places under different file names. For those who change the database by
/// themselves, in several steps.
[[nodiscard]] Catalog with_database(const Catalog& from, const std::filesystem::path& database,
                                    const ChangeOptions& options, const Work& work);

/// The directory `source` laid over `destination` (4.1): its files replace those of the same name,
/// all others stay, YAML becomes JSON. Gives a new directory below `work.directory`. Throws
/// RefusedCatalog when the result is no valid catalog, UserError when YAML cannot become JSON.
[[nodiscard]] std::filesystem::path merge_directories(const std::filesystem::path& source,
                                                      const std::filesystem::path& destination,
                                                      const ChangeOptions& options,
                                                      const Work& work);

/// How two directory trees differ; paths are relative with `/`, bytewise.
struct TreeDifference {
  std::vector<std::string> written;  ///< Files that are new or have other contents or modes.
  std::vector<std::string> removed;  ///< Files and directories that are gone; not what is in them.
  std::uint64_t bytes_before = 0;    ///< Of all files, those that stay the same too.
  std::uint64_t bytes_after = 0;     ///< Likewise.
};

/// Whether both files, which can be read, hold the same bytes.
[[nodiscard]] bool same_bytes(const std::filesystem::path& a, const std::filesystem::path& b);

/// What makes `before` into `after`. Files of one inode are not read.
[[nodiscard]] TreeDifference compare_trees(const std::filesystem::path& before,
                                           const std::filesystem::path& after);

}  // namespace iib::catalog::fbc
