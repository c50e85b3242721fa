#include "catalog/fbc/database_packages.hpp"

#include "catalog/fbc/identity.hpp"
#include "catalog/fbc/model.hpp"
#include "catalog/schema.hpp"
#include "catalog/shown_name.hpp"
#include "catalog/sqlite_catalog.hpp"
#include "catalog/sqlite_contents.hpp"
#include "catalog/working_copy.hpp"
#include "iib/catalog/fbc_changes.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(ProblemKind kind, const std::string& package, std::string text) {
  Problem problem;
  problem.kind = kind;
  problem.package = package;
  problem.text = std::move(text);
  throw Refused{{std::move(problem)}};
}

/// What validation needs of blobs just made, which are numbered as they are written.
Facts facts_of(const std::vector<Blob>& blobs) {
  Facts facts;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const Where where{.file = 0, .number = i + 1, .line = 0};
    if (const auto* package = std::get_if<Package>(&blobs[i])) {
      facts.packages.push_back({.name = package->name,
                                .default_channel = package->default_channel,
                                .has_description = false,
                                .where = where});
    } else if (const auto* channel = std::get_if<Channel>(&blobs[i])) {
      facts.channels.push_back({.channel = *channel, .where = where});
    } else if (const auto* bundle = std::get_if<BundleBlob>(&blobs[i])) {
      facts.bundles.push_back({.name = bundle->name,
                               .package = bundle->package,
                               .properties = property_facts(bundle->properties),
                               .image = bundle->image,
                               .identity = {},
                               .where = where});
    }
  }
  return facts;
}

/// Throws RefusedCatalog when the blobs break the rules of the model (3).
void check_blobs(const std::vector<Blob>& blobs, const std::string& package) {
  const auto facts = facts_of(blobs);
  const std::vector<CatalogFile> files{{.name = package + "/catalog.json", .bytes = 0}};
  Findings findings;
  const Reporter report{files, findings};
  check_model(build_model(facts, Completeness::complete, report), Completeness::complete, report);
  Validation validation;
  findings.take(validation);
  if (!validation.problems.empty()) throw RefusedCatalog{std::move(validation.problems)};
}

void use_packages(IndexDatabase& database, MigrateLevel level, const Work& work,
                  const std::function<void(DatabasePackages&)>& use) {
  check_tables(database);
  DatabasePackages packages{database, level, work.cancellation};
  use(packages);
}

}  // namespace

void check_directory_name(const std::string& package) {
  constexpr std::size_t kLongest = 255;
  if (!package.empty() && package.size() <= kLongest && package != "." && package != ".." &&
      package.find('/') == std::string::npos && package.find('\0') == std::string::npos) {
    return;
  }
  refuse(ProblemKind::invalid_index, package,
         fmt::format("package {} cannot be migrated: its name cannot be that of a directory",
                     shown(package)));
}

DatabasePackages::DatabasePackages(IndexDatabase& database, MigrateLevel level,
                                   const Cancellation& cancellation)
    : cancellation_{cancellation},
      source_{database, level},
      packages_{read_sqlite_contents(database, {}, cancellation).packages} {}

std::string DatabasePackages::identity(const PackageContents& package) {
  cancellation_.check("reading the index database");
  return package_identity(source_.read(package, Payloads::leave_out));
}

std::vector<Blob> DatabasePackages::blobs(const PackageContents& package) {
  cancellation_.check("migrating the index");
  check_directory_name(package.name);
  auto blobs = source_.read(package);
  check_blobs(blobs, package.name);
  return blobs;
}

void read_database(const Catalog& from, MigrateLevel level, const Work& work,
                   const std::function<void(DatabasePackages&)>& use) {
  const auto& source = sqlite_path(from);
  translate_sqlite_errors(source, [&] {
    auto database = open_for_reading(source);
    if (is_empty_index(database)) return;
    if (schema_version(database).value_or(-1) >= kSchemaVersion) {
      return use_packages(database, level, work, use);
    }
    // An older schema is brought up to date in a copy: the source stays as it is.
    const auto copy = change_copy(source, work, [](IndexDatabase&) {});
    auto current = open_for_reading(copy);
    use_packages(current, level, work, use);
    fs::remove(copy);
  });
}

std::vector<std::string> database_package_names(const Catalog& from,
                                                const Cancellation& cancellation) {
  std::vector<std::string> names;
  for (auto& package : read_contents(from, {}, cancellation).packages) {
    names.push_back(std::move(package.name));
  }
  return names;
}

}  // namespace iib::catalog::fbc
