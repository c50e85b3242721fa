#pragma once

#include "catalog/fbc/tar_digest.hpp"
#include "iib/catalog/fbc_cache.hpp"

#include <filesystem>
#include <future>
#include <string>
#include <utility>

namespace iib::catalog::fbc {

/// The digest of a cache while the cache is made: the catalog comes first in it and is hashed by a
/// thread of its own meanwhile, for the hash cannot be computed in parts.
class CacheDigest {
 public:
  /// Begins. The parameters must outlive it; with one thread nothing happens before finish().
  /// `known` is a catalog that differs little (null: none).
  CacheDigest(const std::filesystem::path& root, const CacheOptions& options,
              const KnownTree* known = nullptr);
  CacheDigest(const CacheDigest&) = delete;
  CacheDigest& operator=(const CacheDigest&) = delete;
  /// Waits for the thread.
  ~CacheDigest() = default;

  /// The digest with the cache in `directory`, which is complete now. Throws ExternalError,
  /// Cancelled.
  [[nodiscard]] std::string finish(const std::filesystem::path& directory);
  /// The steps of the catalog, once it is finished.
  [[nodiscard]] DigestSteps take_steps() { return std::move(steps_); }

 private:
  /// The catalog's part.
  struct OfRoot {
    Fnv digest{};
    DigestSteps steps{};
  };

  const CacheOptions& options_;
  std::future<OfRoot> root_;
  DigestSteps steps_;
};

}  // namespace iib::catalog::fbc
