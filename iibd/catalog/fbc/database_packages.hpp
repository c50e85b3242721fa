#pragma once

#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/database_blobs.hpp"
#include "iib/catalog/contents.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/catalog/fbc_render.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace iib::catalog::fbc {

/// Throws Refused when a package's name can be no directory's.
void check_directory_name(const std::string& package);

/// The packages of an open index database, as they are in a catalog of files.
class DatabasePackages {
 public:
  DatabasePackages(IndexDatabase& database, MigrateLevel level, const Cancellation& cancellation);

  /// All of them, bytewise by name.
  [[nodiscard]] const std::vector<PackageContents>& list() const noexcept { return packages_; }
  /// What tells the state of `package` apart from another; payloads are not read.
  [[nodiscard]] std::string identity(const PackageContents& package);
  /// The blobs of `package`. Throws Refused when they break the rules of the model (catalog-fbc 3)
  /// or the package's name can be no directory's.
  [[nodiscard]] std::vector<Blob> blobs(const PackageContents& package);

 private:
  Cancellation cancellation_;
  DatabaseBlobs source_;
  std::vector<PackageContents> packages_;
};

/// Opens the index database `from`, of which one of an older schema is brought up to date in a
/// copy, and gives its packages to `use`; of an empty file there are none. Throws Refused for a
/// file that is no usable index database.
void read_database(const Catalog& from, MigrateLevel level, const Work& work,
                   const std::function<void(DatabasePackages&)>& use);

/// The names of the packages in the index database `from`, bytewise.
[[nodiscard]] std::vector<std::string> database_package_names(const Catalog& from,
                                                              const Cancellation& cancellation);

}  // namespace iib::catalog::fbc
