#include "catalog/fbc/cache_digest.hpp"
#include "catalog/fbc/cache_writer.hpp"
#include "iib/catalog/fbc_cache.hpp"

#include <utility>

namespace iib::catalog::fbc {

namespace fs = std::filesystem;

ServeCache write_cache(const fs::path& root, const fs::path& directory,
                       const CacheOptions& options) {
  prepare_cache(directory);
  CacheDigest digest{root, options};
  auto catalog =
      check_catalog(root, {.cancellation = options.cancellation, .threads = options.threads});
  require_servable(catalog);
  const auto files = directory / "cache";
  const auto packages = read_packages(root, catalog, options.flavor, options.cancellation);
  ServeCache cache;
  cache.entries = write_entries(root, catalog, packages, files, options);
  const CacheFile list{files / "packages.json"};
  write_packages_json(catalog.model, packages, options.icons,
                      [&](std::string_view text) { list.write(text); });
  cache.packages = catalog.model.size();
  cache.warnings = std::move(catalog.validation.warnings);
  cache.digest = digest.finish(directory);
  cache.steps = digest.take_steps();
  CacheFile{directory / "digest"}.write(cache.digest);
  return cache;
}

}  // namespace iib::catalog::fbc
