#pragma once

#include "iib/catalog/engine.hpp"

namespace iib::catalog {

/// Options of a deprecation.
struct DeprecateOptions {
  /// Removes a package when the heads of all its channels are among the bundles.
  bool allow_package_removal = false;
};

/// Changes SQLite index databases by itself, without any tool (catalog-sqlite). Refusals are
/// `Refused` (problem.hpp), which lists every problem of the call. Results are files of mode 0644
/// below `Work::directory`; the source is only read. Stateless, so any thread may call it.
class EmbeddedEngine final : public CatalogEngine {
 public:
  [[nodiscard]] Catalog add(const std::optional<Catalog>& from,
                            std::span<const BundleSource> bundles, const AddOptions& options,
                            const Work& work) override;
  [[nodiscard]] Catalog remove(const Catalog& from, std::span<const std::string> packages,
                               const Work& work) override;
  /// Deprecates the bundles with these pull specifications in a copy of `from`: what lies below
  /// them in their channels goes (catalog-sqlite 8.5).
  [[nodiscard]] Catalog deprecate(const Catalog& from, std::span<const std::string> pull_specs,
                                  const DeprecateOptions& options, const Work& work);
  /// Removes all packages but those `kept` from a copy of `from` (8.3).
  [[nodiscard]] Catalog prune(const Catalog& from, std::span<const std::string> kept,
                              const Work& work);
  /// Removes bundles that no channel holds from a copy of `from` (8.4).
  [[nodiscard]] Catalog prune_stranded(const Catalog& from, const Work& work);
  [[nodiscard]] std::vector<ListedBundle> list(const Catalog& catalog, const Work& work) override;
};

}  // namespace iib::catalog
