#include "merged_index.hpp"

#include "file_based_change.hpp"
#include "iib/base/error.hpp"
#include "image_tree.hpp"
#include "merging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace iib::task {
namespace {

namespace fs = std::filesystem;
using Bundles = std::vector<catalog::ListedBundle>;

std::set<std::string> packages_of(const Bundles& bundles) {
  std::set<std::string> packages;
  for (const auto& bundle : bundles) packages.insert(bundle.package);
  return packages;
}

std::set<std::string> names_of(const Bundles& bundles) {
  std::set<std::string> names;
  for (const auto& bundle : bundles) names.insert(bundle.name);
  return names;
}

/// Tells apart what is in the hidden database of a file-based catalog.
void look_into_database(const Context& context, const std::string& step, MergedIndex& index) {
  const auto& catalog = index.read.catalog;
  if (catalog.kind != catalog::CatalogKind::file_based) return;
  index.only_in_catalog = packages_of(index.bundles);
  if (catalog.database.empty()) return;
  auto hidden = context.catalogs().list(database_of(catalog), context.catalog_work(step));
  for (const auto& package : packages_of(hidden)) index.only_in_catalog.erase(package);
  const auto names = names_of(hidden);
  std::erase_if(index.bundles, [&](const auto& bundle) { return !names.contains(bundle.name); });
  std::move(hidden.begin(), hidden.end(), std::back_inserter(index.known));
}

MergedIndex read_index(const Context& context, const NamedIndex& named, const std::string& name) {
  auto read = read_catalog(context, named, name);
  auto bundles = context.catalogs().list(read.catalog, context.catalog_work(name + "-list"));
  MergedIndex index{
      .read = std::move(read), .bundles = std::move(bundles), .known = {}, .only_in_catalog = {}};
  index.known = index.bundles;
  look_into_database(context, name + "-database", index);
  require_digests(named.role, named.given, index.bundles);
  return index;
}

/// Whether a directory can be named after `package`, whose name a catalog of others tells.
bool can_be_directory(const std::string& package) {
  constexpr std::string_view kInNoName{"/\0", 2};
  return !package.empty() && package != "." && package != ".." &&
         package.find_first_of(kInNoName) == std::string::npos;
}

/// Whether `directory` of the catalog `root` has a directory for `package`, with no link on the way
/// there.
bool has_directory(const fs::path& root, const fs::path& directory, const std::string& package) {
  if (!can_be_directory(package)) return false;
  std::error_code error;
  const auto place = fs::canonical(root / directory / package, error);
  if (error || !fs::is_directory(place, error)) return false;
  return place == (fs::canonical(root) / directory).lexically_normal() / package;
}

/// Refuses a package of target_index that has no directory of its own.
void require_directory(const fs::path& root, const std::string& package) {
  if (!can_be_directory(package)) {
    throw UserError{
        fmt::format("target_index has a package named '{}' that is only in its catalog, and no "
                    "directory of the merged one can have this name: rename it",
                    package)};
  }
  if (has_directory(root, {}, package)) return;
  throw UserError{
      fmt::format("package {} of target_index is only in its catalog, but in no directory of "
                  "its own, and cannot be taken into the merged one: move it to a directory {}",
                  package, package)};
}

}  // namespace

MergedIndex read_source(const Context& context, const Preparation& preparation) {
  auto index = read_index(context,
                          {.role = "source_from_index",
                           .given = context.facts().source_from_index.value(),
                           .image = preparation.source_index.value(),
                           .labels = preparation.source_index_labels},
                          "source-index");
  // Nothing becomes of these but that they stay as they are.
  std::erase_if(index.bundles,
                [&](const auto& bundle) { return index.only_in_catalog.contains(bundle.package); });
  return index;
}

std::optional<MergedIndex> read_target(const Context& context, const Preparation& preparation) {
  if (!preparation.from_index) return std::nullopt;
  return read_index(context,
                    {.role = context.base_index_parameter(),
                     .given = context.base_index().value(),
                     .image = *preparation.from_index,
                     .labels = preparation.from_index_labels},
                    "target-index");
}

std::set<std::string> packages_to_take(const MergedIndex& source, const MergedIndex& target) {
  auto packages = target.only_in_catalog;
  for (const auto& package : packages_of(source.known)) packages.erase(package);
  return packages;
}

catalog::Catalog take_packages(const Context& context, const catalog::Catalog& merged,
                               const MergedIndex& target, const std::set<std::string>& packages) {
  const auto& root = target.read.catalog.path;
  const auto taken = context.make_directory("taken");
  for (const auto& package : packages) {
    require_directory(root, package);
    context.log().info("package {} is taken as it is in the catalog of target_index", package);
    copy_plain(root, package, taken);
  }
  auto options = change_options(context, merged);
  const auto& deprecations = options.deprecations_directory;
  auto present = packages_of(context.catalogs().list(merged, context.catalog_work("taken-list")));
  present.insert(packages.begin(), packages.end());
  for (const auto& package : present) {
    const auto place = fs::path{deprecations} / package;
    if (!has_directory(root, deprecations, package) || fs::exists(merged.path / place)) continue;
    context.log().info("the deprecations of package {} are taken from target_index", package);
    copy_plain(root, place.string(), taken);
  }
  if (fs::is_empty(taken)) return merged;
  auto result = merged;
  result.path = catalog::fbc::merge_directories(taken, merged.path, options,
                                                context.catalog_work("with-taken"));
  return result;
}

}  // namespace iib::task
