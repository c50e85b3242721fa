#include "catalog/fbc/cache_digest.hpp"

#include <fmt/format.h>

namespace iib::catalog::fbc {

CacheDigest::CacheDigest(const std::filesystem::path& root, const CacheOptions& options,
                         const KnownTree* known)
    : options_{options},
      root_{std::async(options.threads > 1 ? std::launch::async : std::launch::deferred,
                       [&root, &options, known] {
                         OfRoot of;
                         of.steps =
                             add_tree(of.digest, root, options.modes, options.cancellation, known);
                         return of;
                       })} {}

std::string CacheDigest::finish(const std::filesystem::path& directory) {
  auto [digest, steps] = root_.get();
  steps_ = std::move(steps);
  const RootModes cache_modes{
      .directories = kCacheDirectoryMode, .files = kCacheFileMode, .exceptions = {}};
  add_tree(digest, directory / "cache", cache_modes, options_.cancellation);
  return fmt::format("{:016x}", digest.value());
}

}  // namespace iib::catalog::fbc
