#pragma once

#include "iib/catalog/engine.hpp"
#include "iib/catalog/fbc_render.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace iib::catalog {

/// How a FileBasedEngine works.
struct FileBasedOptions {
  /// The form of manifests that come from a database, by the OCP version of the index (may be
  /// empty).
  std::function<fbc::MigrateLevel(std::string_view ocp_version)> level = [](std::string_view) {
    return fbc::MigrateLevel::none;
  };
  /// The directory with the deprecations at the top of a catalog (`operator_deprecations_dir`).
  std::string deprecations_directory = "_operator-deprecations-content";
  /// Files read at the same time.
  std::size_t threads = 2;
};

/// Changes indexes of either kind. Databases it hands on to the engine that it is built over. A
/// file-based index changes by changing its hidden database with that engine and laying what
/// changed over a copy of the catalog (catalog-fbc 4); see fbc::with_database() for what never
/// happens to packages that live in the catalog only. Work::source_use is not heeded for them: a
/// database is changed as a copy. May be called from several threads.
class FileBasedEngine final : public CatalogEngine {
 public:
  /// `databases` must outlive the engine.
  explicit FileBasedEngine(CatalogEngine& databases, FileBasedOptions options = {});

  /// Without a hidden database one is made. Throws UserError naming a package that is in the
  /// catalog only: fbc-operations is for those.
  [[nodiscard]] Catalog add(const std::optional<Catalog>& from,
                            std::span<const BundleSource> bundles, const AddOptions& options,
                            const Work& work) override;
  /// Of a file-based index packages that are nowhere are told in the log and no error
  /// (pipeline 6.2). Their deprecations go with the packages.
  [[nodiscard]] Catalog remove(const Catalog& from, std::span<const std::string> packages,
                               const Work& work) override;
  /// Throws UserError naming bundles that are in the catalog only.
  [[nodiscard]] Catalog deprecate(const Catalog& from, std::span<const std::string> pull_specs,
                                  const DeprecateOptions& options, const Work& work) override;
  /// Of a file-based index the packages that are in the catalog only go too unless kept.
  [[nodiscard]] Catalog prune(const Catalog& from, std::span<const std::string> kept,
                              const Work& work) override;
  /// A catalog of files has no bundles without a channel: only its hidden database changes.
  [[nodiscard]] Catalog prune_stranded(const Catalog& from, const Work& work) override;
  /// Of a file-based index all `olm.bundle`s.
  [[nodiscard]] std::vector<ListedBundle> list(const Catalog& catalog, const Work& work) override;

 private:
  CatalogEngine& databases_;
  FileBasedOptions options_;
};

}  // namespace iib::catalog
