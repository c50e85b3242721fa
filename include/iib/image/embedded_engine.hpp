#pragma once

#include "iib/base/log.hpp"
#include "iib/base/retry.hpp"
#include "iib/image/engine.hpp"
#include "iib/io/archive.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace iib::image {

/// What the embedded engine needs to know of the configuration.
struct EmbeddedEngineOptions {
  /// Where layers are kept between requests, nobody else's; made if absent.
  std::filesystem::path cache_directory;
  std::uint64_t cache_bytes = 10ULL << 30U;  ///< Of layers, beyond which the least used go.
  /// A folder for each `host:port` with its CAs and client certificates (`iib_certs_dir`).
  std::filesystem::path certs_directory{};
  /// Each `host:port` that is spoken to by plain HTTP or with an unverified certificate.
  std::vector<std::string> insecure_registries{};
  RetryPolicy retries{};  ///< For every call of a registry.
  /// The longest a call of a registry may take (`iib_skopeo_timeout`).
  std::chrono::seconds call_limit{300};
  /// The longest that making and pushing images may take (`iib_build_timeout`).
  std::chrono::seconds build_limit{30 * 60};
  std::size_t transfers = 8;  ///< Calls of registries that one build has under way at once.
  /// Connections that are in use at once to one registry, over all requests.
  std::size_t connections = 8;
  unsigned threads = 0;  ///< That compress one layer; 0: as many as there are processors.
  /// What an image may cost while files are read out of it.
  io::ExtractLimits extract_limits{
      .total_bytes = 8ULL << 30U,
      .file_bytes = 4ULL << 30U,
      .file_bytes_below = {{"manifests", 64ULL << 20U}, {"metadata", 64ULL << 20U}}};
};

/// The image engine that speaks the registry protocol itself (OCI distribution-spec, Docker
/// Registry v2) and runs nothing: needs no program, no root and no container storage.
class EmbeddedEngine final : public ImageEngine {
 public:
  /// Makes the directory of the cache. Throws ExternalError naming it when it cannot.
  EmbeddedEngine(EmbeddedEngineOptions options, Log log);
  EmbeddedEngine(const EmbeddedEngine&) = delete;
  EmbeddedEngine& operator=(const EmbeddedEngine&) = delete;
  ~EmbeddedEngine() override;

  /// Removes what a dead daemon left half-written in the cache. To be called once after start,
  /// before the first request.
  void sweep();

  [[nodiscard]] Manifest manifest(const model::ImageReference& image,
                                  const Access& access) override;
  [[nodiscard]] ImageConfig config(const model::ImageReference& image,
                                   const Access& access) override;
  [[nodiscard]] bool can_stack_layers() const noexcept override { return true; }
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
