#include "iib/catalog/file_based_engine.hpp"

#include "catalog/fbc/catalog_change.hpp"
#include "catalog/fbc/database_over.hpp"
#include "catalog/fbc/database_packages.hpp"
#include "catalog/fbc/tree.hpp"
#include "catalog/shown_name.hpp"
#include "iib/catalog/fbc_changes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace iib::catalog {
namespace {

using fbc::change_options;
using fbc::hidden_database;
using fbc::on_copy;

bool is_file_based(const Catalog& catalog) {
  return catalog.kind == CatalogKind::file_based;
}

ListedBundle listed(const fbc::BundleFacts& bundle) {
  const auto& packages = bundle.properties.packages;
  if (packages.empty()) {
    throw UserError{
        fmt::format("bundle {} of package {} has no property olm.package, so its "
                    "version is not known: add one",
                    shown(bundle.name), shown(bundle.package))};
  }
  return {.package = bundle.package,
          .name = bundle.name,
          .version = packages.front().version,
          .pull_spec = bundle.image};
}

/// Those of `packages` that are in the hidden database.
std::vector<std::string> in_database(std::span<const std::string> packages,
                                     const std::set<std::string>& database) {
  std::set<std::string> found;
  for (const auto& package : packages) {
    if (database.contains(package)) found.insert(package);
  }
  return {found.begin(), found.end()};
}

/// Removes the directories of `packages`, and tells of those that are nowhere.
void remove_directories(fbc::CatalogChange& change, std::span<const std::string> packages,
                        const std::set<std::string>& database) {
  for (const auto& package : packages) {
    const bool was_there = change.remove_package(package);
    const auto& files = change.files_of(package);
    if (was_there || database.contains(package)) continue;
    if (files.empty()) {
      change.work().log.warning("package {} is not in the index, so it is not removed",
                                shown(package));
    } else {
      change.work().log.warning(
          "package {} has no directory of its name in the catalog, so it stays in {}",
          shown(package), fmt::join(files, ", "));
    }
  }
}

/// `refused` is what the hidden database says of bundles. Where their package is in the catalog
/// only, that is the reason, and not that the database lacks what they replace.
[[noreturn]] void refuse_bundles(const Refused& refused, const fbc::CatalogChange& catalog,
                                 const std::set<std::string>& database) {
  std::vector<Problem> problems;
  for (const auto& problem : refused.problems()) {
    const auto& files = catalog.files_of(problem.package);
    const bool only_there = !files.empty() && !database.contains(problem.package);
    problems.push_back(only_there ? fbc::in_catalog_only(problem.package, files) : problem);
  }
  throw Refused{std::move(problems)};
}

}  // namespace

FileBasedEngine::FileBasedEngine(CatalogEngine& databases, FileBasedOptions options)
    : databases_{databases}, options_{std::move(options)} {}

Catalog FileBasedEngine::add(const std::optional<Catalog>& from,
                             std::span<const BundleSource> bundles, const AddOptions& options,
                             const Work& work) {
  if (!from || !is_file_based(*from)) return databases_.add(from, bundles, options, work);
  auto database = hidden_database(*from);
  const auto change = change_options(options_, *from);
  // Nothing to add makes no database where there was none.
  if (database || !bundles.empty()) {
    try {
      database = databases_.add(database, bundles, options, on_copy(work));
    } catch (const Refused& refused) {
      refuse_bundles(refused, fbc::CatalogChange{from->path, {}, change, work},
                     fbc::hidden_packages(*from, work.cancellation));
    }
  }
  if (database) return fbc::with_database(*from, database->path, change, work);
  fbc::CatalogChange copy{from->path, {}, change, work};
  return fbc::changed(*from, copy.finish({}), {});
}

Catalog FileBasedEngine::remove(const Catalog& from, std::span<const std::string> packages,
                                const Work& work) {
  if (!is_file_based(from)) return databases_.remove(from, packages, work);
  const auto options = change_options(options_, from);
  auto database = hidden_database(from);
  const auto had = fbc::hidden_packages(from, work.cancellation);
  const auto leaving = in_database(packages, had);
  fbc::CatalogChange change{from.path, leaving.empty() ? std::set<std::string>{} : had, options,
                            work};
  remove_directories(change, packages, had);
  if (!leaving.empty()) {
    database = databases_.remove(*database, leaving, on_copy(work));
    fbc::lay_database_over(change, *database, had, fbc::Yaml::convert);
  }
  return fbc::changed(from, change.finish({packages.begin(), packages.end()}),
                      database ? database->path : std::filesystem::path{});
}

Catalog FileBasedEngine::deprecate(const Catalog& from, std::span<const std::string> pull_specs,
                                   const DeprecateOptions& options, const Work& work) {
  if (!is_file_based(from)) return databases_.deprecate(from, pull_specs, options, work);
  const auto database = hidden_database(from);
  std::set<std::string> known;
  if (database) {
    for (auto& bundle : databases_.list(*database, work)) known.insert(std::move(bundle.pull_spec));
  }
  std::vector<std::string> others;
  for (const auto& each : pull_specs) {
    if (!known.contains(each)) others.push_back(each);
  }
  if (!others.empty()) {
    throw UserError{
        fmt::format("bundle {} cannot be deprecated: it is not in the hidden database of the "
                    "index; packages that are in the catalog only change with fbc-operations",
                    fmt::join(others, ", "))};
  }
  const auto change = change_options(options_, from);
  if (!database) {
    fbc::CatalogChange copy{from.path, {}, change, work};
    return fbc::changed(from, copy.finish({}), {});
  }
  const auto changed = databases_.deprecate(*database, pull_specs, options, on_copy(work));
  return fbc::with_database(from, changed.path, change, work);
}

Catalog FileBasedEngine::prune(const Catalog& from, std::span<const std::string> kept,
                               const Work& work) {
  if (!is_file_based(from)) return databases_.prune(from, kept, work);
  std::set<std::string> leaving;
  for (auto& bundle : list(from, work)) leaving.insert(std::move(bundle.package));
  leaving.merge(fbc::hidden_packages(from, work.cancellation));
  for (const auto& package : kept) leaving.erase(package);
  const std::vector<std::string> packages{leaving.begin(), leaving.end()};
  return remove(from, packages, work);
}

Catalog FileBasedEngine::prune_stranded(const Catalog& from, const Work& work) {
  if (!is_file_based(from)) return databases_.prune_stranded(from, work);
  const auto options = change_options(options_, from);
  fbc::CatalogChange copy{from.path, {}, options, work};
  auto database = hidden_database(from);
  if (database) database = databases_.prune_stranded(*database, on_copy(work));
  return fbc::changed(from, copy.finish({}), database ? database->path : std::filesystem::path{});
}

std::vector<ListedBundle> FileBasedEngine::list(const Catalog& catalog, const Work& work) {
  if (!is_file_based(catalog)) return databases_.list(catalog, work);
  auto read = fbc::read_catalog(catalog.path, {.cancellation = work.cancellation,
                                               .threads = options_.threads,
                                               .identities = fbc::Identities::leave_out});
  fbc::refuse_unreadable(read);
  std::vector<ListedBundle> bundles;
  for (const auto& file : read.facts) {
    for (const auto& bundle : file.facts.bundles) bundles.push_back(listed(bundle));
  }
  std::sort(bundles.begin(), bundles.end(), [](const auto& a, const auto& b) {
    return std::tie(a.package, a.name) < std::tie(b.package, b.name);
  });
  return bundles;
}

}  // namespace iib::catalog
