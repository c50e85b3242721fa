#pragma once

#include "iib/catalog/engine.hpp"

namespace iib::catalog {

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
  [[nodiscard]] Catalog deprecate(const Catalog& from, std::span<const std::string> pull_specs,
                                  const DeprecateOptions& options, const Work& work) override;
  [[nodiscard]] Catalog prune(const Catalog& from, std::span<const std::string> kept,
                              const Work& work) override;
  [[nodiscard]] Catalog prune_stranded(const Catalog& from, const Work& work) override;
  [[nodiscard]] std::vector<ListedBundle> list(const Catalog& catalog, const Work& work) override;
};

}  // namespace iib::catalog
