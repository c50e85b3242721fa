#include "iib/catalog/embedded_engine.hpp"

#include "catalog/addition.hpp"
#include "catalog/deprecation.hpp"
#include "catalog/listing.hpp"
#include "catalog/removal.hpp"
#include "catalog/schema.hpp"
#include "catalog/working_copy.hpp"
#include "iib/catalog/problem.hpp"

#include <fmt/format.h>

namespace iib::catalog {
namespace {

Refused unsupported(std::string text) {
  return Refused{{{.kind = ProblemKind::unsupported,
                   .bundle = {},
                   .pull_spec = {},
                   .package = {},
                   .channel = {},
                   .text = std::move(text)}}};
}

const std::filesystem::path& database_of(const Catalog& catalog) {
  if (catalog.kind == CatalogKind::sqlite) return catalog.path;
  throw unsupported("the index is a file-based catalog: this release cannot read or change those");
}

}  // namespace

Catalog EmbeddedEngine::add(const std::optional<Catalog>& from,
                            std::span<const BundleSource> bundles, const AddOptions& options,
                            const Work& work) {
  std::optional<std::filesystem::path> source;
  if (from) source = database_of(*from);
  auto read = read_bundles(bundles, work);
  auto result = change_copy(source, work, [&](IndexDatabase& database) {
    add_bundles(database, std::move(read), options, work.cancellation);
  });
  return Catalog{.kind = CatalogKind::sqlite, .path = std::move(result)};
}

Catalog EmbeddedEngine::remove(const Catalog& from, std::span<const std::string> packages,
                               const Work& work) {
  auto result = change_copy(database_of(from), work, [&](IndexDatabase& database) {
    remove_packages(database, packages, work.cancellation);
  });
  return Catalog{.kind = CatalogKind::sqlite, .path = std::move(result)};
}

Catalog EmbeddedEngine::deprecate(const Catalog& from, std::span<const std::string> pull_specs,
                                  const DeprecateOptions& options, const Work& work) {
  const auto removal =
      options.allow_package_removal ? PackageRemoval::allow : PackageRemoval::refuse;
  auto result = change_copy(database_of(from), work, [&](IndexDatabase& database) {
    deprecate_bundles(database, pull_specs, removal, work.cancellation);
  });
  return Catalog{.kind = CatalogKind::sqlite, .path = std::move(result)};
}

Catalog EmbeddedEngine::prune(const Catalog& from, std::span<const std::string> kept,
                              const Work& work) {
  auto result = change_copy(database_of(from), work, [&](IndexDatabase& database) {
    prune_packages(database, kept, work.cancellation);
  });
  return Catalog{.kind = CatalogKind::sqlite, .path = std::move(result)};
}

Catalog EmbeddedEngine::prune_stranded(const Catalog& from, const Work& work) {
  auto result = change_copy(database_of(from), work,
                            [&](IndexDatabase& database) { catalog::prune_stranded(database); });
  return Catalog{.kind = CatalogKind::sqlite, .path = std::move(result)};
}

std::vector<ListedBundle> EmbeddedEngine::list(const Catalog& catalog, const Work& work) {
  const auto& path = database_of(catalog);
  work.cancellation.check("listing bundles");
  std::vector<ListedBundle> bundles;
  translate_sqlite_errors(path, [&] {
    auto database = open_for_reading(path);
    if (!is_empty_index(database)) bundles = list_bundles(database);
  });
  return bundles;
}

}  // namespace iib::catalog
