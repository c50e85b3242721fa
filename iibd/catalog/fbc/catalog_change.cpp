#include "catalog/fbc/catalog_change.hpp"

#include "catalog/fbc/database_packages.hpp"
#include "catalog/fbc/identity.hpp"
#include "catalog/fbc/tree.hpp"
#include "catalog/shown_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

/// More would drown the story of a request.
constexpr std::size_t kMostWarnings = 20;

const std::set<std::string>& find_or_none(const std::map<std::string, std::set<std::string>>& map,
                                          const std::string& key) {
  static const std::set<std::string> none;
  const auto found = map.find(key);
  return found == map.end() ? none : found->second;
}

}  // namespace

CatalogChange::CatalogChange(const ChangeOptions& options, const Work& work)
    : options_{options},
      work_{work},
      scratch_{work.directory, "catalog-"},
      root_{scratch_.path() / "root"} {
  make_directory(root_);
}

CatalogChange::CatalogChange(const fs::path& from, const std::set<std::string>& of_database,
                             const ChangeOptions& options, const Work& work)
    : CatalogChange{options, work} {
  std::set<std::string> files;
  for (const auto& package : of_database) files.insert(file_of(package));
  before_ =
      read_catalog(from, reading(), [&](const std::string& name) { return files.contains(name); });
  clone_tree(from, root_, work.cancellation);
  index();
}

ReadOptions CatalogChange::reading() const {
  return {.cancellation = work_.cancellation,
          .threads = options_.threads,
          .identities = Identities::tell};
}

void CatalogChange::index() {
  for (std::size_t i = 0; i < before_.facts.size(); ++i) {
    const auto& name = before_.listing.files[i].name;
    old_ids_[name] = before_.ids[i];
    packages_in_[name] = before_.names[i].packages;
    for (const auto& package : before_.names[i].packages) files_of_[package].insert(name);
  }
}

const std::set<std::string>& CatalogChange::files_of(const std::string& package) const {
  return find_or_none(files_of_, package);
}

const std::set<std::string>& CatalogChange::packages_in(const std::string& name) const {
  return find_or_none(packages_in_, name);
}

std::set<std::string> CatalogChange::packages() const {
  std::set<std::string> names;
  for (const auto& [name, files] : files_of_) names.insert(name);
  return names;
}

std::string CatalogChange::identity_of(const std::string& package) const {
  const auto name = file_of(package);
  PackageIdentity identity;
  for (std::size_t i = 0; i < before_.facts.size(); ++i) {
    if (before_.listing.files[i].name != name) continue;
    const auto& facts = before_.facts[i].facts;
    for (const auto& each : facts.packages) {
      if (each.name == package) identity.add(each);
    }
    for (const auto& each : facts.channels) {
      if (each.channel.package == package) identity.add(each.channel);
    }
    for (const auto& each : facts.bundles) {
      if (each.package == package) identity.add(each.name, each.identity);
    }
  }
  return identity.finish();
}

bool CatalogChange::may_be_directory(std::string_view package) const {
  return !package.empty() && package != "." && package != ".." &&
         package.find('/') == std::string_view::npos &&
         package.find('\0') == std::string_view::npos && package != options_.deprecations_directory;
}

bool CatalogChange::remove_package(const std::string& package) {
  if (!may_be_directory(package)) return false;
  const fs::path deprecations{options_.deprecations_directory};
  const bool was_there = remove_tree(root_ / package);
  const bool had_deprecations = remove_tree(inside(root_, deprecations / package));
  std::error_code error;
  // An empty directory is nothing that a catalog needs.
  if (had_deprecations && fs::is_empty(root_ / deprecations, error)) {
    remove_tree(root_ / deprecations);
  }
  return was_there || had_deprecations;
}

fs::path CatalogChange::finish(const std::set<std::string>& given_up) {
  auto after = read_changes(root_, reading(), std::move(before_));
  std::set<std::string> present;
  for (const auto& names : after.names) {
    present.insert(names.packages.begin(), names.packages.end());
  }
  const auto checked = check_catalog(std::move(after));
  if (!checked.validation.problems.empty()) throw RefusedCatalog{checked.validation.problems};
  refuse_losses(present, given_up);
  refuse_orphans(checked);
  tell_warnings(checked);
  // The scratch directory's name is unique, so the result's is, too.
  auto result = work_.directory / (scratch_.path().filename().string() + ".d");
  std::error_code error;
  fs::rename(root_, result, error);
  if (error) {
    throw ExternalError{fmt::format("{} cannot be made: {}", result.string(), error.message()),
                        ExternalError::Retry::no};
  }
  return result;
}

void CatalogChange::refuse_losses(const std::set<std::string>& present,
                                  const std::set<std::string>& given_up) const {
  std::vector<std::string> lost;
  for (const auto& [name, files] : files_of_) {
    if (given_up.contains(name) || present.contains(name)) continue;
    lost.push_back(fmt::format("package {} ({})", shown(name), fmt::join(files, ", ")));
  }
  if (lost.empty()) return;
  throw UserError{
      fmt::format("the catalog would lose {}, which this change does not name: remove what is to "
                  "go by a request of its own first, or move it to a directory of its own name",
                  fmt::join(lost, ", "))};
}

bool CatalogChange::is_changed(const std::string& name) const {
  const auto old = old_ids_.find(name);
  if (old == old_ids_.end()) return true;
  const auto now = id_of(root_ / name);
  return now != old->second;
}

/// Those that were there before are told as warnings only: they are no fault of this change.
void CatalogChange::refuse_orphans(const CheckedCatalog& checked) const {
  std::vector<Finding> orphans;
  for (const auto& finding : checked.validation.warnings) {
    if (finding.rule != Rule::deprecation || checked.model.contains(finding.package)) continue;
    if (!is_changed(finding.place.file)) continue;
    orphans.push_back(finding);
    orphans.back().refused_by = {};
  }
  if (!orphans.empty()) throw RefusedCatalog{std::move(orphans)};
}

void CatalogChange::tell_warnings(const CheckedCatalog& checked) const {
  std::size_t count = 0;
  for (const auto& finding : checked.validation.warnings) {
    if (!is_changed(finding.place.file)) continue;
    if (++count <= kMostWarnings) work_.log.warning("{}", to_text(finding));
  }
  if (count > kMostWarnings) {
    work_.log.warning("{} more warnings about the catalog", count - kMostWarnings);
  }
}

std::string file_of(const std::string& package) {
  return package + "/catalog.json";
}

Catalog changed(const Catalog& catalog, fs::path root, fs::path database) {
  return {.kind = CatalogKind::file_based,
          .path = std::move(root),
          .ocp_version = catalog.ocp_version,
          .database = std::move(database)};
}

std::optional<Catalog> hidden_database(const Catalog& catalog) {
  if (catalog.database.empty()) return std::nullopt;
  return Catalog{
      .kind = CatalogKind::sqlite, .path = catalog.database, .ocp_version = catalog.ocp_version};
}

std::set<std::string> hidden_packages(const Catalog& catalog, const Cancellation& cancellation) {
  const auto database = hidden_database(catalog);
  if (!database) return {};
  const auto names = database_package_names(*database, cancellation);
  return {names.begin(), names.end()};
}

Work on_copy(const Work& work) {
  auto copy = work;
  copy.source_use = SourceUse::copy;
  return copy;
}

}  // namespace iib::catalog::fbc
