#include "catalog/removal.hpp"

#include "catalog/bundle_rows.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/problem.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace iib::catalog {
namespace {

constexpr auto kNamesOfPackage = R"sql(
  SELECT DISTINCT operatorbundle_name FROM channel_entry
   WHERE package_name = :package AND operatorbundle_name IS NOT NULL
)sql";

constexpr auto kForgetDeprecations = R"sql(
  DELETE FROM deprecated
   WHERE operatorbundle_name IN
         (SELECT operatorbundle_name FROM channel_entry WHERE package_name = :package)
)sql";

constexpr auto kDeleteStranded = R"sql(
  DELETE FROM operatorbundle
   WHERE NOT EXISTS (SELECT 1 FROM channel_entry AS entry
                      WHERE entry.operatorbundle_name = operatorbundle.name)
     AND NOT EXISTS (SELECT 1 FROM deprecated AS mark
                      WHERE mark.operatorbundle_name = operatorbundle.name)
)sql";

// Bundles that have entries are spared: a property of theirs may well name a foreign package.
constexpr auto kTombstoneProperties = R"sql(
  SELECT property.operatorbundle_name, property.value
    FROM properties AS property
   WHERE property.type = 'olm.package'
     AND NOT EXISTS (SELECT 1 FROM channel_entry AS entry
                      WHERE entry.operatorbundle_name = property.operatorbundle_name)
)sql";

constexpr auto kDeleteOldMarks = R"sql(
  DELETE FROM deprecated
   WHERE NOT EXISTS (SELECT 1 FROM operatorbundle AS bundle
                      WHERE bundle.name = deprecated.operatorbundle_name)
)sql";

std::vector<std::string> names_of(IndexDatabase& database, const std::string& package) {
  std::vector<std::string> names;
  auto read = database.use(kNamesOfPackage);
  read->bind(":package", package);
  while (read->executeStep()) names.push_back(read->getColumn(0).getString());
  return names;
}

void refuse_missing(IndexDatabase& database, const std::set<std::string>& packages) {
  std::vector<Problem> problems;
  for (const auto& package : packages) {
    if (!names_of(database, package).empty()) continue;
    problems.push_back({.kind = ProblemKind::not_found,
                        .bundle = {},
                        .pull_spec = {},
                        .package = package,
                        .channel = {},
                        .text = fmt::format("package {} is not in the index", package)});
  }
  if (!problems.empty()) throw Refused{std::move(problems)};
}

void run_for(IndexDatabase& database, std::string_view sql, const std::string& package) {
  auto statement = database.use(sql);
  statement->bind(":package", package);
  statement->exec();
}

void remove_package(IndexDatabase& database, const std::string& package) {
  run_for(database, kForgetDeprecations, package);
  for (const auto& name : names_of(database, package)) delete_bundle(database, name);
  run_for(database, "DELETE FROM package WHERE name = :package", package);
  run_for(database, "DELETE FROM channel WHERE package_name = :package", package);
}

std::set<std::string> package_names(IndexDatabase& database) {
  std::set<std::string> names;
  auto read = database.use("SELECT name FROM package");
  while (read->executeStep()) names.insert(read->getColumn(0).getString());
  return names;
}

std::vector<std::string> packages_with_entries(IndexDatabase& database) {
  std::vector<std::string> packages;
  auto read = database.use("SELECT DISTINCT package_name FROM channel_entry");
  while (read->executeStep()) packages.push_back(read->getColumn(0).getString());
  return packages;
}

/// The package that a property names, or nothing for what is no such property.
std::string named_package(const std::string& value) {
  try {
    const auto property = io::parse_json(value);
    return std::string{io::text_member(property, "packageName").value_or("")};
  } catch (const UserError&) {
    return {};  // written by someone else; not ours to judge here
  }
}

std::set<std::string> tombstones(IndexDatabase& database) {
  const auto packages = package_names(database);
  std::set<std::string> names;
  auto read = database.use(kTombstoneProperties);
  while (read->executeStep()) {
    const auto package = named_package(read->getColumn(1).getString());
    if (!package.empty() && !packages.contains(package))
      names.insert(read->getColumn(0).getString());
  }
  return names;
}

}  // namespace

void prune_tombstones(IndexDatabase& database) {
  for (const auto& name : tombstones(database)) delete_bundle(database, name);
  database.use(kDeleteOldMarks)->exec();
}

void prune_stranded(IndexDatabase& database) {
  database.use(kDeleteStranded)->exec();
  prune_tombstones(database);
}

void prune_packages(IndexDatabase& database, std::span<const std::string> kept,
                    const Cancellation& cancellation) {
  auto removed = packages_with_entries(database);
  std::erase_if(removed, [&](const std::string& package) {
    return std::find(kept.begin(), kept.end(), package) != kept.end();
  });
  remove_packages(database, removed, cancellation);
}

void remove_packages(IndexDatabase& database, std::span<const std::string> packages,
                     const Cancellation& cancellation) {
  if (packages.empty()) return;  // stranded bundles stay then
  const std::set<std::string> distinct(packages.begin(), packages.end());
  refuse_missing(database, distinct);
  for (const auto& package : distinct) {
    cancellation.check("removing packages");
    remove_package(database, package);
  }
  // The reference does this after each package, too; what is left in the end is the same.
  prune_stranded(database);
  prune_stranded(database);
}

}  // namespace iib::catalog
