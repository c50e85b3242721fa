#pragma once

#include "iib/base/files.hpp"
#include "iib/base/guarded.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/fbc_cache.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <set>
#include <string>

namespace iib::task {

/// A file-based catalog as an image has it, on this host. Nobody changes its files.
struct UnpackedCatalog {
  std::filesystem::path root;         ///< The catalog.
  std::filesystem::path database{};   ///< The hidden one; empty: none.
  std::filesystem::path cache;        ///< The serve cache, up to date.
  catalog::fbc::RootModes modes{};    ///< Of the catalog in the image.
  catalog::fbc::DigestSteps steps{};  ///< Of the cache's digest.
};

/// The catalogs of the images that were built or read last, so that the next request for one of
/// them neither reads its layers nor hashes again what did not change. They are directories of the
/// requests' disk that go with this object: a daemon that died leaves them to the sweep of its next
/// start, for what was not flushed cannot be trusted then. Thread-safe.
class KeptCatalogs {
 public:
  /// Keeps at most `most_bytes`, and kMost catalogs, below `directory`: those that were used last.
  KeptCatalogs(std::filesystem::path directory, std::uint64_t most_bytes);

  /// The catalog of the image with one of these digests; null: it is not kept. It stays as long as
  /// somebody holds it.
  [[nodiscard]] std::shared_ptr<const UnpackedCatalog> find(const std::string& digest);

  /// Takes the files of `catalog`, which are on the same disk and belong to nobody else, away to
  /// keep them for the images `digests`, all of one content. What cannot be kept is left alone.
  void keep(std::set<std::string> digests, UnpackedCatalog catalog, const Log& log);

  /// Gives the disk back, but for what somebody holds.
  void drop_all();

  static constexpr std::size_t kMost = 64;  ///< Small ones cost files rather than bytes.

 private:
  struct Kept {
    std::set<std::string> digests;
    std::uint64_t bytes = 0;
    std::shared_ptr<const UnpackedCatalog> catalog;
  };

  void add(Kept kept);

  std::filesystem::path directory_;
  std::uint64_t most_bytes_;
  Guarded<std::list<Kept>> kept_{};  // used last first
};

}  // namespace iib::task
