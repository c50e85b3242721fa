#include "catalog/fbc/catalog_change.hpp"
#include "catalog/fbc/database_over.hpp"
#include "catalog/fbc/database_packages.hpp"
#include "catalog/fbc/files.hpp"
#include "catalog/fbc/tree.hpp"
#include "catalog/fbc/yaml_files.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "iib/catalog/file_based_engine.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

std::vector<Problem> problems_of(const std::vector<Finding>& findings) {
  std::vector<Problem> problems;
  problems.reserve(findings.size());
  for (const auto& finding : findings) problems.push_back(to_problem(finding));
  return problems;
}

void require_directory(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return;
  throw UserError{fmt::format("{} is no directory: name one with a catalog", path.string())};
}

/// A JSON file of `destination` makes way for the YAML file of `source` that becomes it.
void make_way(const fs::path& source, const fs::path& destination) {
  for (const auto& file : find_files(source).files) {
    const auto target = json_name(file.name);
    if (!target.empty() && !fs::exists(source / target)) remove_tree(inside(destination, target));
  }
}

/// The database without any package.
fs::path emptied(const Catalog& database, CatalogEngine& databases, const Work& work) {
  const auto packages = database_package_names(database, work.cancellation);
  if (packages.empty()) return database.path;
  return databases.remove(database, packages, on_copy(work)).path;
}

}  // namespace

ChangeOptions change_options(const FileBasedOptions& options, const Catalog& catalog) {
  return {.level = options.level(catalog.ocp_version),
          .deprecations_directory = options.deprecations_directory,
          .threads = options.threads};
}

RefusedCatalog::RefusedCatalog(std::vector<Finding> findings)
    : Refused{problems_of(findings)}, findings_{std::move(findings)} {}

Catalog with_database(const Catalog& from, const fs::path& database, const ChangeOptions& options,
                      const Work& work) {
  const auto had = hidden_packages(from, work.cancellation);
  CatalogChange change{from.path, had, options, work};
  const Catalog changed_database{
      .kind = CatalogKind::sqlite, .path = database, .ocp_version = from.ocp_version};
  const auto gone = lay_database_over(change, changed_database, had, Yaml::convert);
  return changed(from, change.finish(gone), database);
}

Catalog make_empty(const Catalog& from, CatalogEngine& databases, const Work& work) {
  const ChangeOptions options;
  CatalogChange change{options, work};
  const auto database = from.kind == CatalogKind::sqlite ? from : hidden_database(from);
  auto left = database ? emptied(*database, databases, work) : fs::path{};
  return changed(from, change.finish({}), std::move(left));
}

Catalog to_file_based(const Catalog& from, const ChangeOptions& options, const Work& work) {
  CatalogChange change{options, work};
  static_cast<void>(
      migrate(from, change.root(), {.level = options.level, .format = Format::json}, work));
  return changed(from, change.finish({}), from.path);
}

fs::path merge_directories(const fs::path& source, const fs::path& destination,
                           const ChangeOptions& options, const Work& work) {
  for (const auto* directory : {&source, &destination}) require_directory(*directory);
  CatalogChange change{destination, {}, options, work};
  make_way(source, change.root());
  lay_over(source, change.root(), work.cancellation);
  auto conflicts = convert_yaml_files(change.root(), work.cancellation);
  auto result = change.finish(change.packages());
  // A package that is there twice says more than the names of its files; without one they decide.
  if (!conflicts.empty()) {
    remove_tree(result);
    throw RefusedCatalog{std::move(conflicts)};
  }
  return result;
}

}  // namespace iib::catalog::fbc
