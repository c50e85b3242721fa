#pragma once

#include "cli/catalog_source.hpp"
#include "iib/base/cancellation.hpp"
#include "iib/catalog/fbc.hpp"

#include <string>
#include <vector>

namespace iib::cli {

/// What is to be said about the cache of an image.
struct CacheFindings {
  std::vector<catalog::fbc::Finding> problems;  ///< For which `opm serve` ends at once.
  std::vector<std::string> notes;               ///< What else its owner may want to know.
};

/// Whether the catalog of an image can be served from the cache that lies in the image
/// (catalog-fbc 1.8), by the modes that both have there.
[[nodiscard]] CacheFindings look_at_cache(const ServedCatalog& image,
                                          const Cancellation& cancellation);

}  // namespace iib::cli
