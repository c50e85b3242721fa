#pragma once

#include "iib/base/log.hpp"
#include "iib/base/retry.hpp"
#include "iib/image/engine.hpp"
#include "iib/io/archive.hpp"
#include "iib/io/process.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace iib::image {

/// What the tools engine needs to know of the configuration.
struct ToolsEngineOptions {
  /// Container storage and settings of the tools, nobody else's; made if absent.
  std::filesystem::path storage_directory;
  /// The longest a call to a registry may take (`iib_skopeo_timeout`).
  std::chrono::seconds skopeo_timeout{300};
  /// The longest a step of building or pushing may take (`iib_build_timeout`).
  std::chrono::seconds build_timeout{30 * 60};
  RetryPolicy retries{};  ///< For every call of a tool that talks to a registry.
  /// Each `host:port` that is spoken to by plain HTTP or with an unverified certificate.
  std::vector<std::string> insecure_registries{};
  /// A folder for each `host:port` with its CAs and client certificates (`iib_certs_dir`).
  std::filesystem::path certs_directory{};
  /// `overlay` or `vfs`; empty: the first of both that this host can.
  std::string storage_driver{};
  /// How many base images are kept between requests, and how many bytes of them.
  std::size_t kept_bases = 32;
  std::uint64_t kept_base_bytes = 20ULL << 30U;  ///< Bases beyond this are swept.
  /// What an image may cost while files are read out of it. The folders of a bundle are bounded
  /// tighter than indexes.
  io::ExtractLimits extract_limits{
      .total_bytes = 8ULL << 30U,
      .file_bytes = 4ULL << 30U,
      .file_bytes_below = {{"manifests", 64ULL << 20U}, {"metadata", 64ULL << 20U}}};
};

/// Throws ExternalError naming each of skopeo and buildah that is not on PATH, and the remedy.
void check_tools();

/// The image engine that runs skopeo and buildah. Uses container storage, registry settings and
/// signature policy of its own, never the host's. All programs are run by `runner`, which must
/// outlive the engine.
class ToolsEngine final : public ImageEngine {
 public:
  /// Checks the tools and writes their settings. The storage is looked at by sweep().
  ToolsEngine(io::ProgramRunner& runner, ToolsEngineOptions options, Log log);
  ToolsEngine(const ToolsEngine&) = delete;
  ToolsEngine& operator=(const ToolsEngine&) = delete;
  ~ToolsEngine() override;

  /// Removes what requests of a dead daemon left in the storage, and bases beyond the bounds. To be
  /// called once after start, by a worker; the first build does it otherwise, and waits for it.
  void sweep(const Cancellation& cancellation);

  [[nodiscard]] Manifest manifest(const model::ImageReference& image,
                                  const Access& access) override;
  [[nodiscard]] ImageConfig config(const model::ImageReference& image,
                                   const Access& access) override;
  [[nodiscard]] bool can_stack_layers() const noexcept override { return false; }
  void extract(const model::ImageReference& image, std::span<const std::string> paths,
               const std::filesystem::path& destination, const Access& access) override;
  [[nodiscard]] std::vector<PushedImage> build_and_push(const ImageContent& content,
                                                        std::span<const Target> targets,
                                                        const Access& access) override;
  [[nodiscard]] model::Digest push_list(const model::ImageReference& destination,
                                        std::span<const PushedImage> images,
                                        const Access& access) override;
  void copy(const model::ImageReference& source, const model::ImageReference& destination,
            const Access& access) override;
  void put_tag(const model::ImageReference& source, const model::ImageReference& destination,
               const Access& access) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::image
