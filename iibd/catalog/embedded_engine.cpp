#include "iib/catalog/embedded_engine.hpp"

#include "catalog/addition.hpp"
#include "catalog/deprecation.hpp"
#include "catalog/listing.hpp"
#include "catalog/removal.hpp"
#include "catalog/schema.hpp"
#include "catalog/sqlite_catalog.hpp"
#include "catalog/working_copy.hpp"

namespace iib::catalog {
namespace {

Catalog result_of(const Catalog& from, std::filesystem::path path) {
  return {.kind = CatalogKind::sqlite, .path = std::move(path), .ocp_version = from.ocp_version};
}

}  // namespace

Catalog EmbeddedEngine::add(const std::optional<Catalog>& from,
                            std::span<const BundleSource> bundles, const AddOptions& options,
                            const Work& work) {
  std::optional<std::filesystem::path> source;
  if (from) source = sqlite_path(*from);
  PayloadSpool spool{work.directory};
  auto read = read_bundles(bundles, spool, work);
  auto result = change_index(source, work, Deletions::none, [&](IndexDatabase& database) {
    add_bundles(database, std::move(read), spool, options, work.cancellation);
  });
  return result_of(from.value_or(Catalog{}), std::move(result));
}

Catalog EmbeddedEngine::remove(const Catalog& from, std::span<const std::string> packages,
                               const Work& work) {
  auto result = change_index(
      sqlite_path(from), work, Deletions::expected,
      [&](IndexDatabase& database) { remove_packages(database, packages, work.cancellation); });
  return result_of(from, std::move(result));
}

Catalog EmbeddedEngine::deprecate(const Catalog& from, std::span<const std::string> pull_specs,
                                  const DeprecateOptions& options, const Work& work) {
  const auto removal =
      options.allow_package_removal ? PackageRemoval::allow : PackageRemoval::refuse;
  auto result =
      change_index(sqlite_path(from), work, Deletions::expected, [&](IndexDatabase& database) {
        deprecate_bundles(database, pull_specs, removal, work.cancellation);
      });
  return result_of(from, std::move(result));
}

Catalog EmbeddedEngine::prune(const Catalog& from, std::span<const std::string> kept,
                              const Work& work) {
  auto result = change_index(
      sqlite_path(from), work, Deletions::expected,
      [&](IndexDatabase& database) { prune_packages(database, kept, work.cancellation); });
  return result_of(from, std::move(result));
}

Catalog EmbeddedEngine::prune_stranded(const Catalog& from, const Work& work) {
  auto result = change_index(sqlite_path(from), work, Deletions::expected,
                             [&](IndexDatabase& database) { catalog::prune_stranded(database); });
  return result_of(from, std::move(result));
}

std::vector<ListedBundle> EmbeddedEngine::list(const Catalog& catalog, const Work& work) {
  const auto& path = sqlite_path(catalog);
  work.cancellation.check("listing bundles");
  std::vector<ListedBundle> bundles;
  translate_sqlite_errors(path, [&] {
    auto database = open_for_reading(path);
    if (!is_empty_index(database)) bundles = list_bundles(database);
  });
  return bundles;
}

}  // namespace iib::catalog
