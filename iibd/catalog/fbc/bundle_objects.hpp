#pragma once

#include "catalog/fbc/blob_checks.hpp"
#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/render_bundle.hpp"

#include <cstddef>
#include <string>

namespace iib::catalog::fbc {

/// Reads the manifests of one bundle that are in properties `olm.bundle.object`.
class ObjectReader {
 public:
  /// `place` must outlive the reader.
  explicit ObjectReader(const ObjectPlace& place) : place_{place} {}

  /// The JSON of the manifest that `property` holds or refers to: as it is, or converted from YAML.
  /// Throws UserError, which says the how-manieth it is, for what is neither, for a `ref` that is
  /// not a file of the catalog (nothing else of the host is ever read), and for files that are
  /// together longer than a blob may be.
  [[nodiscard]] std::string json(const Property& property);

 private:
  std::string read(const std::string& reference);

  const ObjectPlace& place_;
  std::size_t number_ = 0;
  /// Of the bytes that files may have.
  std::size_t left_ = BlobReader::kMaxBlobBytes;
};

/// Brings a loaded bundle into the form in which it is written again (catalog-fbc 2.1): objects
/// behind the other properties, each with its data, or with `level` as one metadata (2.5), and
/// related images by image.
void normalize(BundleBlob& bundle, const ObjectPlace& place, MigrateLevel level);

}  // namespace iib::catalog::fbc
