#include "iib/catalog/validation.hpp"

#include "catalog/breaches.hpp"
#include "catalog/schema.hpp"
#include "catalog/sqlite_catalog.hpp"
#include "catalog/validation_rules.hpp"
#include "catalog/working_copy.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace iib::catalog {
namespace {

namespace fs = std::filesystem;

/// SQLite's own look at pages, indexes and records.
void check_integrity(IndexDatabase& database, Breaches& breaches) {
  auto check = database.use("PRAGMA integrity_check(100)");
  while (check->executeStep()) {
    const auto text = check->getColumn(0).getString();
    if (text == "ok") return;
    breaches.add(ProblemKind::invalid_index, {},
                 fmt::format("the file is damaged: {}; take an earlier copy of the index", text));
  }
}

void check_contents(const fs::path& path, Breaches& breaches, const Cancellation& cancellation) {
  auto database = open_for_reading(path);
  check_integrity(database, breaches);
  cancellation.check("validating the index");
  check_tables(database);
  check_rows(database, breaches, cancellation);
  check_graphs(database, breaches, cancellation);
  check_payloads(database, breaches, cancellation);
}

/// Tells whether `path` has an older schema (1.3), and says so.
bool is_old(const fs::path& path, Breaches& breaches) {
  auto database = open_for_reading(path);
  const auto version = schema_version(database).value_or(-1);
  if (version >= kSchemaVersion || is_empty_index(database)) return false;
  breaches.add(
      ProblemKind::invalid_index, {},
      fmt::format("the index database has schema version {}, not {}: the next change brings it up "
                  "to date; what follows is about the database as it will be then",
                  version, kSchemaVersion));
  return true;
}

}  // namespace

std::vector<Problem> validate(const Catalog& catalog, const Work& work) {
  const auto& path = sqlite_path(catalog);
  Breaches breaches;
  try {
    translate_sqlite_errors(path, [&] {
      if (!is_old(path, breaches)) {
        check_contents(path, breaches, work.cancellation);
        return;
      }
      const auto migrated = change_copy(path, work, [](IndexDatabase&) {});
      check_contents(migrated, breaches, work.cancellation);
      fs::remove(migrated);
    });
  } catch (const Refused& refused) {
    auto found = breaches.take();
    const auto& unusable = refused.problems();
    found.insert(found.end(), unusable.begin(), unusable.end());
    return found;
  }
  return breaches.take();
}

}  // namespace iib::catalog
