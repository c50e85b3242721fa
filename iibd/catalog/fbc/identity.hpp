#pragma once

#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/facts.hpp"
#include "iib/io/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog::fbc {

/// What tells a bundle from another one of its name, whichever tool wrote it: the image, and the
/// properties without the manifests, whose form differs between releases (catalog-fbc 2.5) and
/// which the image decides. A digest. `root` is the blob.
[[nodiscard]] std::string bundle_identity(std::string_view image, const io::JsonValue& root);

/// The same of a bundle whose values were kept.
[[nodiscard]] std::string bundle_identity(const BundleBlob& bundle);

/// What tells two states of a package apart: its channels and their update graphs, its bundles, and
/// what the package says of itself, in any order. Icons and skip ranges do not count: to read them
/// of a database is to read its payloads, and they change with bundles only.
class PackageIdentity {
 public:
  void add(const PackageFacts& package);
  void add(const Channel& channel);
  void add(std::string_view bundle, std::string_view identity);
  /// The digest; the object is used up.
  [[nodiscard]] std::string finish();

 private:
  std::vector<std::string> lines_;
};

/// The identity of a package in blobs whose values were kept.
[[nodiscard]] std::string package_identity(const std::vector<Blob>& blobs);

}  // namespace iib::catalog::fbc
