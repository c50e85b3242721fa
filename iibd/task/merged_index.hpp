#pragma once

#include "iib/catalog/engine.hpp"
#include "index_reading.hpp"
#include "prepare.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace iib::task {

/// An index of a merge, read.
struct MergedIndex {
  ReadIndex read;
  /// The bundles that count as its own: of a file-based catalog with a hidden database those that
  /// are in both (pipeline 6.5).
  std::vector<catalog::ListedBundle> bundles;
  /// All that are anywhere in it.
  std::vector<catalog::ListedBundle> known;
  /// The packages that only its file-based catalog has.
  std::set<std::string> only_in_catalog;
};

/// Reads source_from_index. Throws UserError, as read_target() does, for what is no index, and for
/// bundles that are not given by digest.
[[nodiscard]] MergedIndex read_source(const Context& context, const Preparation& preparation);

/// Reads target_index, if there is one.
[[nodiscard]] std::optional<MergedIndex> read_target(const Context& context,
                                                     const Preparation& preparation);

/// The packages of `target` that only its file-based catalog has, and `source` not at all: no
/// bundle of theirs is added, for they are taken as they are.
[[nodiscard]] std::set<std::string> packages_to_take(const MergedIndex& source,
                                                     const MergedIndex& target);

/// The file-based catalog `merged` with `packages` of `target`, and with the deprecations that
/// `target` has of packages of which it has none. Throws UserError naming a package that has no
/// directory of its own.
[[nodiscard]] catalog::Catalog take_packages(const Context& context, const catalog::Catalog& merged,
                                             const MergedIndex& target,
                                             const std::set<std::string>& packages);

}  // namespace iib::task
