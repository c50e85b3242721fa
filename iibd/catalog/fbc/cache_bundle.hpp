#pragma once

#include "catalog/fbc/blob_checks.hpp"
#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/cache_context.hpp"

#include <string>
#include <string_view>

namespace iib::catalog::fbc {

/// What the files of a bundle in a serve cache hold (catalog-fbc 1.8): all entries of channels
/// with the same bundle differ in a few fields only.
class CachedBundle {
 public:
  /// Of a blob that is right and whose values were kept; `package` is its package. Throws UserError
  /// for an object that is neither JSON nor YAML, or a `ref` to what is no file of the catalog.
  CachedBundle(const BundleBlob& bundle, const ObjectPlace& place,
               const CachedPackageFacts& package, CacheFlavor flavor);

  /// The file for one entry.
  [[nodiscard]] std::string text(std::string_view channel, const ChannelEntry& entry) const;

 private:
  std::string begin_;   ///< Up to the channel's name.
  std::string middle_;  ///< After it, up to the version.
  std::string end_;     ///< After the range, up to what the entry says.
  std::string last_;    ///< After that.
};

}  // namespace iib::catalog::fbc
