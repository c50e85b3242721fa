#include "file_based_image.hpp"

#include "iib/base/link_or_copy.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "small_layer.hpp"

#include <fmt/format.h>

#include <exception>
#include <memory>
#include <set>
#include <utility>

namespace iib::task {
namespace {

namespace fbc = catalog::fbc;

/// Who the cache belongs to, as the Dockerfile of the original says.
constexpr image::Owner kServer{.user = 1001, .group = 0};

image::ImageContent image_settings(const Preparation& preparation,
                                   const std::map<std::string, std::string>& labels) {
  image::ImageContent content;
  content.labels = index_labels(preparation.delivery, kConfigsLabel, kConfigsPath, labels);
  if (preparation.binary_image.is_scratch()) return content;
  content.entrypoint = {"/bin/opm"};
  content.command = {"serve", kConfigsPath, fmt::format("--cache-dir={}", kCachePath)};
  return content;
}

/// The change as a layer on from_index; null when that is not possible, which the log tells.
std::unique_ptr<ChangedIndex> small_change(const Context& context, const Preparation& preparation,
                                           const ReadIndex* from, const FileBasedParts& parts,
                                           const image::ImageContent& content) {
  if (from == nullptr || from->catalog.kind != catalog::CatalogKind::file_based) return nullptr;
  auto changed = std::make_unique<ChangedIndex>(*from, parts);
  const auto obstacle = changed->obstacle(context, preparation, content);
  if (obstacle.empty()) return changed;
  context.log().info("the new layer holds the whole catalog, for from_index cannot be the base: {}",
                     obstacle);
  return nullptr;
}

/// Makes the serve cache of `parts`. Of what `previous` (null: unknown) has only what changed is
/// made.
UnpackedCatalog make_cache(const Context& context, const FileBasedParts& parts,
                           fbc::RootModes modes, const fbc::CachedCatalog* previous) {
  UnpackedCatalog made{
      .root = parts.root,
      .database = parts.database,
      .cache = context.make_directory(previous == nullptr ? "serve-cache" : "changed-cache"),
      .modes = std::move(modes)};
  // Older releases of opm ignore what only the newer ones read (catalog-fbc 6, O10).
  const auto& settings = context.settings().file_based;
  const fbc::CacheOptions options{.modes = made.modes,
                                  .flavor = fbc::CacheFlavor::opm_1_32,
                                  .icons = fbc::CacheIcons::leave_out,
                                  .deprecations_directory = settings.deprecations_directory,
                                  .cancellation = context.cancellation(),
                                  .threads = settings.threads};
  auto cache = previous == nullptr ? fbc::write_cache(made.root, made.cache, options)
                                   : fbc::update_cache(*previous, made.root, made.cache, options);
  for (const auto& finding : cache.warnings) context.log().warning("{}", fbc::to_text(finding));
  context.log().info("made the serve cache {} of {} packages and {} channel entries", cache.digest,
                     cache.packages, cache.entries);
  made.steps = std::move(cache.steps);
  return made;
}

void add_all(image::ImageContent& content, const UnpackedCatalog& catalog,
             const std::string& database_path) {
  const auto all = [](const std::string&) { return true; };
  add_tree(content, catalog.root, root_form(), all);
  add_tree(content, catalog.cache, cache_form(), all);
  if (!catalog.database.empty()) content.files.push_back({catalog.database, database_path});
}

/// What was read of from_index, whose cache was found to be up to date; nothing when it is kept.
std::optional<UnpackedCatalog> newly_read(const ReadIndex& from, const fbc::DigestSteps& steps) {
  if (from.kept) return std::nullopt;
  return UnpackedCatalog{.root = from.catalog.path,
                         .database = from.catalog.database,
                         .cache = from.cache,
                         .modes = from.modes,
                         .steps = steps};
}

/// The database may be that of another catalog, too.
void separate_database(const Context& context, UnpackedCatalog& catalog, std::string_view name) {
  if (catalog.database.empty()) return;
  auto own = context.make_directory(name) / catalog.database.filename();
  link_or_copy(catalog.database, own);
  catalog.database = std::move(own);
}

/// Keeps a catalog; `name` is a new directory's. The images are pushed: no failure here is theirs.
void keep(const Context& context, std::set<std::string> digests, UnpackedCatalog catalog,
          std::string_view name) {
  // A merge may leave the catalog of its source as it is, which is kept then, but for another
  // image.
  if (!context.owns(catalog.root)) return;
  try {
    separate_database(context, catalog, name);
  } catch (const std::exception& error) {
    context.log().debug("the catalog is not kept for the next request: {}", error.what());
    return;
  }
  context.kept_catalogs().keep(std::move(digests), std::move(catalog), context.log());
}

}  // namespace

TreeForm root_form() {
  return {.target = kConfigsPath};
}

TreeForm cache_form() {
  return {.target = kCachePath,
          .directory = 0755,
          .below = fbc::kCacheDirectoryMode,
          .files = fbc::kCacheFileMode,
          .owner = kServer};
}

IndexImages file_based_images(const Context& context, const Preparation& preparation,
                              const catalog::Catalog& catalog, const ReadIndex* from,
                              const std::map<std::string, std::string>& labels) {
  auto content = image_settings(preparation, labels);
  const FileBasedParts parts{
      .root = without_links(catalog.path,
                            context.make_directory(from == nullptr ? "plain" : "plain-changed")),
      .database = catalog.database};
  const auto database_path = context.settings().hidden_database.string();
  if (const auto small = small_change(context, preparation, from, parts, content)) {
    const fbc::CachedCatalog previous{from->catalog.path, from->cache, small->steps()};
    auto made = make_cache(context, parts, small->modes(), &previous);
    small->add_to(content, made.cache, database_path);
    auto bases = preparation.from_index->images;
    const auto& stacked = small->base().stacked;
    for (const auto& [architecture, layers] : stacked) {
      bases.insert_or_assign(architecture, preparation.binary_image.images.at(architecture));
      context.log().info("the {} layers of from_index for {} are put on the new binary image",
                         layers.count, architecture);
    }
    return {.content = std::move(content),
            .bases = std::move(bases),
            .on_from_index = true,
            .stacked = stacked,
            .catalog = std::move(made),
            .from = newly_read(*from, small->steps())};
  }
  auto made = make_cache(context, parts, {}, nullptr);
  add_all(content, made, database_path);
  return {.content = std::move(content),
          .bases = preparation.binary_image.images,
          .catalog = std::move(made)};
}

void keep_catalogs(const Context& context, const Preparation& preparation, IndexImages made,
                   std::span<const image::PushedImage> pushed) {
  std::set<std::string> digests;
  for (const auto& each : pushed) digests.insert(each.reference.digest()->text());
  if (made.from) {
    keep(context, {preparation.from_index->speaker.digest()->text()}, std::move(*made.from),
         "kept-from-database");
  }
  if (made.catalog) {
    keep(context, std::move(digests), std::move(*made.catalog), "kept-database");
  }
}

}  // namespace iib::task
