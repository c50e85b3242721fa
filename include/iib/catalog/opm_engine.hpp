#pragma once

#include "iib/base/retry.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/io/process.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::catalog {

/// Which opm runs, and how.
struct OpmEngineOptions {
  /// The program (`iib_default_opm`), looked up on PATH unless it is a path.
  std::string program = "opm";
  /// OCP version -> program (`iib_ocp_opm_mapping`).
  std::map<std::string, std::string> programs{};
  /// The longest one run may take (`iib_opm_timeout`).
  std::chrono::seconds limit{3600};
  /// The most bundles that one run deprecates (`iib_deprecate_bundles_limit`); those of one package
  /// are never torn apart.
  std::size_t deprecated_at_once = 200;
  /// For registries that do not answer. A refused change is never tried again.
  RetryPolicy retries{};
  /// Folders with a folder of certificates (`*.crt`) for each registry, as skopeo reads them.
  std::vector<std::filesystem::path> certificate_folders{"/etc/containers/certs.d",
                                                         "/etc/docker/certs.d"};
};

/// Changes SQLite index databases by running `opm registry ...` on a copy. opm pulls the bundles
/// itself: with the credentials of their `auth_file`, and without verification only where the
/// registry is insecure; it sees neither home nor settings of the daemon's user. Copying, migrating
/// and listing are the embedded engine's, so that every index that one engine takes, the other
/// takes, too. Refusals are `Refused` in opm's words. May be called from several threads.
class OpmEngine final : public CatalogEngine {
 public:
  /// `programs` must outlive the engine.
  OpmEngine(io::ProgramRunner& programs, OpmEngineOptions options);

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

 private:
  io::ProgramRunner& programs_;
  OpmEngineOptions options_;
};

}  // namespace iib::catalog
