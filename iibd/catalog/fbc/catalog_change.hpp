#pragma once

#include "catalog/fbc/read_catalog.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/catalog/fbc_changes.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace iib::catalog::fbc {

/// A directory of catalogs on its way to another one: a copy whose files are links, that whoever
/// changes it may do what they like with, but for writing files in place.
class CatalogChange {
 public:
  /// Copies the directory `from`. Packages that may be asked for by identity_of() are those
  /// `of_database`. `options` and `work` must outlive the change.
  CatalogChange(const std::filesystem::path& from, const std::set<std::string>& of_database,
                const ChangeOptions& options, const Work& work);
  /// Begins with an empty directory.
  CatalogChange(const ChangeOptions& options, const Work& work);

  /// The directory under change.
  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }
  [[nodiscard]] const ChangeOptions& options() const noexcept { return options_; }
  [[nodiscard]] const Work& work() const noexcept { return work_; }

  /// The files of `from` that have the package, a channel or a bundle of `package`.
  [[nodiscard]] const std::set<std::string>& files_of(const std::string& package) const;
  /// The packages that the file `name` of `from` has something of.
  [[nodiscard]] const std::set<std::string>& packages_in(const std::string& name) const;
  /// All packages of `from`.
  [[nodiscard]] std::set<std::string> packages() const;
  /// The package_identity() of `package` by its file of `from` (file_of).
  [[nodiscard]] std::string identity_of(const std::string& package) const;

  /// Removes the directory of `package` and its deprecations. Returns whether there was either.
  bool remove_package(const std::string& package);
  /// Whether `package` can be the name of a directory of packages.
  [[nodiscard]] bool may_be_directory(std::string_view package) const;

  /// Checks the directory and gives it a name of its own below `work.directory`, which is returned.
  /// Packages of `from` that it has no longer must be among those `given_up`. Throws
  /// RefusedCatalog, or UserError naming packages that would get lost.
  [[nodiscard]] std::filesystem::path finish(const std::set<std::string>& given_up);

 private:
  void index();
  void refuse_losses(const std::set<std::string>& present,
                     const std::set<std::string>& given_up) const;
  void refuse_orphans(const CheckedCatalog& checked) const;
  void tell_warnings(const CheckedCatalog& checked) const;
  [[nodiscard]] bool is_changed(const std::string& name) const;
  [[nodiscard]] ReadOptions reading() const;

  const ChangeOptions& options_;
  const Work& work_;
  TempDir scratch_;
  std::filesystem::path root_;
  ReadCatalog before_;
  std::map<std::string, FileId> old_ids_;
  std::map<std::string, std::set<std::string>> files_of_;
  std::map<std::string, std::set<std::string>> packages_in_;
};

/// The file that migrating a database writes `package` to (catalog-fbc 2.4).
[[nodiscard]] std::string file_of(const std::string& package);

/// `catalog` with another directory and database.
[[nodiscard]] Catalog changed(const Catalog& catalog, std::filesystem::path root,
                              std::filesystem::path database);

/// The hidden database of a file-based catalog as a catalog; nothing when it has none.
[[nodiscard]] std::optional<Catalog> hidden_database(const Catalog& catalog);

/// The packages of the hidden database of `catalog`.
[[nodiscard]] std::set<std::string> hidden_packages(const Catalog& catalog,
                                                    const Cancellation& cancellation);

/// `work` for an engine that changes a hidden database: always a copy of it.
[[nodiscard]] Work on_copy(const Work& work);

}  // namespace iib::catalog::fbc
