#pragma once

#include "iib/base/log.hpp"
#include "iib/base/retry.hpp"
#include "iib/image/engine.hpp"
#include "iib/model/digest.hpp"
#include "iib/model/image_reference.hpp"
#include "image/blob.hpp"
#include "image/tries.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::image {

/// What the client needs to know of the configuration.
struct RegistryOptions {
  /// `iib_certs_dir`; see registry/tls_settings.hpp.
  std::filesystem::path certs_directory{};
  /// `iib_insecure_registries`.
  std::vector<std::string> insecure_registries{};
  RetryPolicy retries{};  ///< For every step.
  /// The longest a call may take; one more second for each 32 KiB of a blob.
  std::chrono::seconds call_limit{300};
  /// Requests under way at once to one registry.
  std::size_t transfers = 8;
  /// The longest layer that is fetched.
  std::uint64_t layer_bytes = 16ULL << 30U;
  /// Larger blobs are uploaded in pieces, so that a cut does not cost all of them.
  std::uint64_t chunked_above = 512ULL << 20U;
  std::uint64_t chunk_bytes = 64ULL << 20U;  ///< A piece, unless the registry wants larger ones.
};

/// A manifest as it came, not read yet.
struct RawManifest {
  std::string media_type;  ///< The HTTP content type without parameters; may be empty.
  std::string bytes;
};

/// What is thought of a blob before it is uploaded.
enum class Expected { perhaps_there, absent };

/// The longest manifest that is read (OCI distribution-spec, "Pushing Manifests", asks for 4 MiB).
constexpr std::size_t kMostManifestBytes = 16UL << 20U;

/// Speaks with registries (OCI distribution-spec 1.0, Docker Registry HTTP API v2): finds out how
/// each wants TLS and authentication, tries again what may pass, verifies every byte that it gives.
/// Tags are never listed. Throws UserError for an image of the user's that is not there, else
/// ExternalError; both name image, step, cause and remedy. Safe to call from any thread.
class RegistryClient {
 public:
  RegistryClient(RegistryOptions options, Log log);
  RegistryClient(const RegistryClient&) = delete;
  RegistryClient& operator=(const RegistryClient&) = delete;
  ~RegistryClient();

  /// The manifest, by digest if the image has one, else by tag; at most kMostManifestBytes.
  [[nodiscard]] RawManifest manifest(const model::ImageReference& image, const Access& access);
  /// A small blob; one that says to be larger than `limit` is refused.
  [[nodiscard]] std::string read_blob(const model::ImageReference& where, const Blob& blob,
                                      std::size_t limit, const Access& access);
  /// A layer into the new file `file`; resumed where it was cut. Nothing is left when it fails. One
  /// that its manifest says to be longer than `layer_bytes` is not asked for.
  void download(const model::ImageReference& where, const Blob& blob,
                const std::filesystem::path& file, const Access& access);

  /// Whether the repository of `destination` has the blob.
  [[nodiscard]] bool has_blob(const model::ImageReference& destination, const model::Digest& digest,
                              const Access& access);
  /// Makes a blob of another repository of the same registry available. False when the registry
  /// will not: then it must be uploaded.
  [[nodiscard]] bool mount(const model::ImageReference& destination, const model::Digest& digest,
                           const model::ImageReference& origin, const Access& access);
  /// Uploads `file`, unless the registry has it; what is expected to be absent is not looked for
  /// first. Gives whether it had to.
  bool upload(const model::ImageReference& destination, const Blob& blob,
              const std::filesystem::path& file, const Access& access,
              Expected expected = Expected::perhaps_there);
  /// The same from memory.
  bool upload_bytes(const model::ImageReference& destination, const Blob& blob,
                    std::string_view bytes, const Access& access,
                    Expected expected = Expected::perhaps_there);
  /// Stores a manifest under the tag of `destination`, or its digest if it has no tag.
  model::Digest put_manifest(const model::ImageReference& destination, std::string_view media_type,
                             std::string_view bytes, const Access& access,
                             Tries tries = Tries::as_configured);
  /// The same, but gives nothing when the registry says that the manifest is wrong, such as for a
  /// blob that it does not have.
  [[nodiscard]] std::optional<model::Digest> try_put_manifest(
      const model::ImageReference& destination, std::string_view media_type, std::string_view bytes,
      const Access& access);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::image
