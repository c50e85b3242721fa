#pragma once

#include "iib/catalog/engine.hpp"

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iib::task {

/// The digest in `pull_spec`; empty when it has none.
[[nodiscard]] std::string digest_in(std::string_view pull_spec);

/// Throws UserError naming bundles of the index `given` (parameter `parameter`) that are not given
/// by digest: whether another index has them cannot be told (pipeline 6.5).
void require_digests(std::string_view parameter, std::string_view given,
                     std::span<const catalog::ListedBundle> bundles);

/// The bundles of `target` that `source` has neither by digest nor by name, each image once.
[[nodiscard]] std::vector<catalog::ListedBundle> missing_bundles(
    std::span<const catalog::ListedBundle> source, std::span<const catalog::ListedBundle> target);

/// Of `bundles` those to deprecate: with a digest of `digests`, or a name of `names`; of each
/// package only the highest version, for that covers the lower ones. Throws as highest_versions().
[[nodiscard]] std::vector<std::string> deprecated_pull_specs(
    std::span<const catalog::ListedBundle> bundles, const std::set<std::string>& digests,
    const std::set<std::string>& names);

}  // namespace iib::task
