#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/catalog/fbc.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog::fbc {

/// The mode of the cache's directory and of the directory `cache` in it (catalog-fbc 1.8).
inline constexpr unsigned kCacheDirectoryMode = 0750;
/// The mode of every file of a cache.
inline constexpr unsigned kCacheFileMode = 0640;

/// The permission bits that the entries of a catalog have where it is served. The digest of a cache
/// covers them, and those of this host say nothing about them: an image has the modes of its layer.
struct RootModes {
  unsigned directories = 0755;  ///< Of every directory, the root too.
  unsigned files = 0644;        ///< Of every file.
  /// Of entries with another mode, by path relative to the root (`.` is the root itself).
  std::map<std::string, unsigned, std::less<>> exceptions{};

  /// The mode of a directory.
  [[nodiscard]] unsigned of_directory(std::string_view path) const;
  /// The mode of a file.
  [[nodiscard]] unsigned of_file(std::string_view path) const;
  /// The modes that the entries of `root` have on this host. Throws ExternalError.
  [[nodiscard]] static RootModes of_host(const std::filesystem::path& root);
};

/// Which releases of `opm` serve the cache.
enum class CacheFlavor {
  opm_1_26,  ///< As 1.26 writes it: no deprecations, no CSVs out of `olm.csv.metadata`.
  opm_1_32,  ///< As 1.32 and later ones write it: with both.
};

/// Whether the packages of a cache have their icons.
enum class CacheIcons {
  keep,  ///< As `opm` writes it.
  /// As if packages had none. No answer of `opm serve` holds them (those of bundles do, in their
  /// CSVs), while they are most of `packages.json`, which is pushed whole with every change.
  leave_out,
};

/// How a cache is made.
struct CacheOptions {
  RootModes modes{};                           ///< Of the catalog where it will be served.
  CacheFlavor flavor = CacheFlavor::opm_1_26;  ///< Who serves it.
  CacheIcons icons = CacheIcons::keep;         ///< Of packages.
  /// Of the catalog, see ChangeOptions.
  std::string deprecations_directory = kDeprecationsDirectory;
  Cancellation cancellation{};  ///< Heard between blobs and files.
  std::size_t threads = 2;      ///< Files read at the same time.
};

/// Where the hash of a catalog stood before an entry: with these steps the hash of a catalog that
/// differs is computed from the first difference on (catalog-fbc 6, O6).
struct DigestStep {
  std::string name;         ///< Relative to the root, `.` itself; empty: after the last one.
  bool directory = false;   ///< Or a file.
  unsigned mode = 0;        ///< Permission bits.
  std::uint64_t state = 0;  ///< Of the hash.
};
/// In the order of the hash.
using DigestSteps = std::vector<DigestStep>;

/// A cache that was made.
struct ServeCache {
  std::string digest;             ///< What the file `digest` holds.
  DigestSteps steps{};            ///< Of the catalog's part of the digest.
  std::size_t packages = 0;       ///< Packages in it.
  std::size_t entries = 0;        ///< Entries of channels, each of which has a file.
  std::vector<Finding> warnings;  ///< For which some releases would refuse the catalog.
};

/// Validates the catalog in `root` and writes its JSON serve cache (catalog-fbc 1.8) into
/// `directory`, which must be absent or empty: `digest`, `cache/packages.json` and a file
/// `cache/PACKAGE_CHANNEL_BUNDLE.json` for each entry of a channel. All have the modes above,
/// whatever the umask. Memory is bounded by the names in the catalog, the packages' icons and a
/// blob per thread. Throws Refused with all that is wrong with the catalog, entries whose files
/// cannot be named or would have the same name among it (O13), UserError for a directory that is
/// not empty, ExternalError, Cancelled; and then leaves what was written.
ServeCache write_cache(const std::filesystem::path& root, const std::filesystem::path& directory,
                       const CacheOptions& options = {});

/// A catalog and its cache.
struct CachedCatalog {
  std::filesystem::path root;  ///< The catalog.
  /// Its cache. Its digest is right (check_cache()), but somebody else may have made it.
  std::filesystem::path directory;
  /// Of its digest; empty: not known.
  DigestSteps steps{};
};

/// write_cache() for a catalog that differs from `previous` in a few packages: only files that
/// changed are read (compare_trees()), and files of the cache that stay the same are hard links to
/// those of `previous` where the file system can, else copies. Reads everything where it cannot
/// tell which packages changed, such as after a change of `.indexignore`, and where something is
/// wrong, with the cache of `previous`, too. `warnings` are those of what was read.
///
/// The cache of `previous` may be of another flavor, and have icons: packages that stay are served
/// as `previous` served them, and only those that changed by `options`. Every release reads such a
/// cache. Icons that are to be left out go from all.
ServeCache update_cache(const CachedCatalog& previous, const std::filesystem::path& root,
                        const std::filesystem::path& directory, const CacheOptions& options = {});

/// The digest of the cache in `directory` for the catalog in `root`: of every file, ignored ones
/// too, but links, and of `directory`/cache as if its entries had the modes above. Throws
/// ExternalError.
[[nodiscard]] std::string cache_digest(const std::filesystem::path& root,
                                       const std::filesystem::path& directory,
                                       const RootModes& modes,
                                       const Cancellation& cancellation = {});

/// What a directory is to somebody who wants to serve from it (1.8).
enum class CacheState {
  absent,      ///< It is not there, or empty.
  up_to_date,  ///< A JSON cache of this very catalog.
  stale,       ///< A JSON cache of another one, or of other modes.
  foreign,     ///< Something else.
};

/// What check_cache() finds.
struct CacheCheck {
  CacheState state = CacheState::absent;  ///< What it is.
  std::string recorded;                   ///< What its file `digest` says; empty when it has none.
  std::string expected;                   ///< What it would have to say; empty when not computed.
  DigestSteps steps{};                    ///< Of `expected`.
  /// Whether a cache `pogreb.v1` lies there, which releases from 1.41 on take instead.
  bool has_pogreb = false;
};

/// Whether the cache in `directory` is one of the catalog in `root`, by its digest: what `opm
/// serve` asks before it starts. Throws ExternalError when a file cannot be read.
[[nodiscard]] CacheCheck check_cache(const std::filesystem::path& root,
                                     const std::filesystem::path& directory, const RootModes& modes,
                                     const Cancellation& cancellation = {});

}  // namespace iib::catalog::fbc
