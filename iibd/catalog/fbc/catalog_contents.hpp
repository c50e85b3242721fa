#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/catalog/contents.hpp"

#include <filesystem>

namespace iib::catalog::fbc {

/// What the catalog in the directory `root` offers: read_contents() for file-based ones. Of several
/// packages, channels or bundles of one name the first counts. A bundle is deprecated when
/// `olm.deprecations` says so. Throws Refused with what cannot be read of it.
[[nodiscard]] Contents read_catalog_contents(const std::filesystem::path& root,
                                             const Selection& selection,
                                             const Cancellation& cancellation);

}  // namespace iib::catalog::fbc
