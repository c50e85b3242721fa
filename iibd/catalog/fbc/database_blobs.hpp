#pragma once

#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/render_bundle.hpp"
#include "catalog/index_database.hpp"
#include "iib/catalog/contents.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace iib::catalog::fbc {

/// Whether manifests, and what is read of them, are wanted.
enum class Payloads { leave_out, read };

/// Turns packages of an index database of the current schema into blobs (catalog-fbc 2.3).
class DatabaseBlobs {
 public:
  /// Passes over the small tables once, for they have no index by bundle.
  DatabaseBlobs(IndexDatabase& database, MigrateLevel level);

  /// The blobs of `package`, in the order of a catalog. Without payloads they lack manifests, icon,
  /// related images and skip ranges, which a package_identity() does not need. Throws UserError
  /// naming the bundle whose rows are no JSON.
  [[nodiscard]] std::vector<Blob> read(const PackageContents& package,
                                       Payloads payloads = Payloads::read);

 private:
  /// Ids of the rows of a table by name of bundle.
  using RowIds = std::unordered_map<std::string, std::vector<std::int64_t>>;
  /// The columns of a bundle's row that matter.
  struct Row;

  RowIds row_ids(const std::string& table);
  Row read_row(const BundleSummary& bundle);
  std::vector<TypedValue> typed_rows(const std::string& table, const RowIds& ids,
                                     const BundleSummary& bundle);
  std::vector<std::string> image_rows(const std::string& bundle);
  BundleBlob bundle_blob(const std::string& package, const BundleSummary& bundle,
                         const std::vector<TypedValue>& properties);
  void add_payloads(BundleBlob& blob, const Row& row);
  std::optional<Icon> icon_of(const PackageContents& package);

  IndexDatabase& database_;
  MigrateLevel level_;
  RowIds properties_;
  RowIds dependencies_;
  RowIds images_;
};

}  // namespace iib::catalog::fbc
