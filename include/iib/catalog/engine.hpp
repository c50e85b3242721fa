#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/log.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace iib::catalog {

/// What an index holds: an SQLite database, or a directory of file-based catalogs.
enum class CatalogKind { sqlite, file_based };

/// A catalog on disk. `path` is the database file or the catalog's directory.
struct Catalog {
  CatalogKind kind = CatalogKind::sqlite;  ///< Which kind `path` holds.
  std::filesystem::path path;              ///< The database file or the catalog's directory.
  /// OCP version of the index that it is from, such as `v4.16`; empty when not known.
  std::string ocp_version{};
  /// File-based: the hidden database that the packages come from; empty when the index has none.
  std::filesystem::path database{};
};

/// A bundle to add. An engine that reads files takes `directory`; one that pulls by itself takes
/// `pull_spec`, `auth_file` and `insecure_registries`.
struct BundleSource {
  /// The resolved pull specification, recorded as the bundle's path.
  std::string pull_spec;
  /// Holds `manifests/` and `metadata/`, already unpacked and safe.
  std::filesystem::path directory;
  std::filesystem::path auth_file;               ///< Credentials for the registries.
  std::vector<std::string> insecure_registries;  ///< `host:port` spoken to without verification.
};

/// How new bundles join the update graph (catalog-sqlite 5).
enum class UpdateMode { replaces, semver, semver_skippatch };

/// Options of an addition.
struct AddOptions {
  UpdateMode mode = UpdateMode::replaces;  ///< How the bundles join the update graph.
  /// Lets a bundle replace the head of the same name (catalog-sqlite 5.6).
  bool overwrite_latest = false;
  /// Accepts bundles with the annotation `olm.substitutesFor` (catalog-sqlite 8.6).
  bool enable_alpha = false;
};

/// Options of a deprecation.
struct DeprecateOptions {
  /// Removes a package when the heads of all its channels are among the bundles.
  bool allow_package_removal = false;
};

/// A bundle that an index offers.
struct ListedBundle {
  std::string package;    ///< The package that it belongs to.
  std::string name;       ///< The name of its CSV.
  std::string version;    ///< Empty when the CSV has none.
  std::string pull_spec;  ///< Where the bundle image is; may be empty.
};

/// What becomes of the source of a change.
enum class SourceUse {
  /// It is only read; the result is another file.
  copy,
  /// An engine that can may change the file itself, which costs what the change costs, whatever the
  /// file's size; the result is then the source. What fails leaves the old content; so does what is
  /// killed, or a power cut: the next one to open the file finds the journal beside it.
  in_place,
};

/// What every operation needs besides its arguments.
struct Work {
  /// A directory of this request's own; results are made below it.
  std::filesystem::path directory;
  Log log;                                 ///< Where warnings about a bundle go.
  Cancellation cancellation;               ///< Heard between bundles and during long statements.
  SourceUse source_use = SourceUse::copy;  ///< Whether the source may be changed itself.
};

/// Changes index contents. All or nothing: what fails leaves the source as it was and no result.
/// Results are not synced to disk; who keeps one beyond the request does that.
/// Throws UserError naming bundle, package, channel, rule and remedy, or ExternalError. An engine
/// keeps no state between calls and may be called from several threads.
class CatalogEngine {
 public:
  virtual ~CatalogEngine() = default;
  /// Adds `bundles` to a copy of `from` (nothing: an empty index).
  [[nodiscard]] virtual Catalog add(const std::optional<Catalog>& from,
                                    std::span<const BundleSource> bundles,
                                    const AddOptions& options, const Work& work) = 0;
  /// Removes `packages` from a copy of `from`. Packages that are not there: UserError naming all.
  [[nodiscard]] virtual Catalog remove(const Catalog& from, std::span<const std::string> packages,
                                       const Work& work) = 0;
  /// Deprecates the bundles with these pull specifications in a copy of `from`: what lies below
  /// them in their channels goes (catalog-sqlite 8.5).
  [[nodiscard]] virtual Catalog deprecate(const Catalog& from,
                                          std::span<const std::string> pull_specs,
                                          const DeprecateOptions& options, const Work& work) = 0;
  /// Removes all packages but those `kept` from a copy of `from` (8.3).
  [[nodiscard]] virtual Catalog prune(const Catalog& from, std::span<const std::string> kept,
                                      const Work& work) = 0;
  /// Removes bundles that no channel holds from a copy of `from` (8.4).
  [[nodiscard]] virtual Catalog prune_stranded(const Catalog& from, const Work& work) = 0;
  /// All bundles of `catalog` that have a place in a channel, each once.
  [[nodiscard]] virtual std::vector<ListedBundle> list(const Catalog& catalog,
                                                       const Work& work) = 0;
};

}  // namespace iib::catalog
