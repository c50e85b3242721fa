#pragma once

#include "cli/console.hpp"
#include "cli/interruption.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/image/engine.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace iib::cli {

/// How registries are spoken to.
struct RegistryOptions {
  /// Empty: where podman and docker keep theirs.
  std::filesystem::path auth_file{};
  /// Each `host:port`.
  std::vector<std::string> insecure_registries{};
};

/// `--auth-file FILE` and `--insecure-registry HOST:PORT`.
void add_registry_options(CLI::App& command, RegistryOptions& options);

/// What one command works with: a temporary directory, which goes with it, the console,
/// interruption by signals, and images once they are wanted. Made before other threads.
class Workspace {
 public:
  /// Works in TMPDIR/`prefix`XXXXXX.
  explicit Workspace(RegistryOptions registries = {}, std::string_view prefix = "iibd-catalog-");
  /// Works in a new directory `parent`/`prefix`XXXXXX.
  Workspace(std::shared_ptr<Interruption> interruption, std::shared_ptr<Console> console,
            RegistryOptions registries, const std::filesystem::path& parent,
            std::string_view prefix);
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace();

  /// A new directory of its own.
  [[nodiscard]] std::filesystem::path make_directory(std::string_view prefix);
  /// What the catalog engine needs, in a new directory.
  [[nodiscard]] catalog::Work catalog_work();
  [[nodiscard]] Cancellation cancellation() const { return interruption_->cancellation(); }
  [[nodiscard]] Log log() const;
  [[nodiscard]] Console& console() { return *console_; }

  /// The engine that speaks to registries, made at the first call. Safe to call from any thread.
  [[nodiscard]] image::ImageEngine& images();
  /// The user's own credentials and a new directory. Safe to call from any thread.
  [[nodiscard]] image::Access image_access();
  /// The image that stands for `pull_spec`, pinned: of a manifest list the one for amd64, else the
  /// first (catalog-sqlite 2 and 3.1; catalogs and bundles hold no programs). Throws naming `role`.
  [[nodiscard]] model::ImageReference pin(const std::string& pull_spec, std::string_view role);

 private:
  struct Images;
  std::shared_ptr<Interruption> interruption_;
  std::shared_ptr<Console> console_;
  RegistryOptions registries_;
  TempDir directory_;
  std::atomic<unsigned> directories_made_{0};
  std::once_flag images_made_;
  std::unique_ptr<Images> images_;
};

}  // namespace iib::cli
