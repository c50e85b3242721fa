#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/clock.hpp"
#include "iib/base/log.hpp"
#include "iib/model/image_reference.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace iib::image {

/// What every operation of one request carries: whose credentials, which log, when to stop.
struct Access {
  /// An auth file of this request, mode 0600 (image/auth_file.hpp).
  std::filesystem::path auth_file;
  /// A directory of this request's own for temporary files.
  std::filesystem::path work_directory;
  Log log;                    ///< The log of the request.
  Cancellation cancellation;  ///< Heard by every wait, down to the child process.
};

/// Whether a manifest names images or is one.
enum class ManifestKind { list, image };

/// One image of a manifest list, attestations and unknown platforms left out.
struct ListEntry {
  model::Digest digest;      ///< Of the image's manifest.
  std::string architecture;  ///< As the list's platform spells it.
};

/// A manifest as the registry keeps it.
struct Manifest {
  ManifestKind kind = ManifestKind::image;  ///< Whether it names images or is one.
  std::string media_type;                   ///< As the registry gave it.
  /// Of the raw bytes, checked against what was asked for.
  model::Digest digest;
  /// The linux images of a list in its order; empty for an image.
  std::vector<ListEntry> entries{};
  /// Of an image: the bytes of its layers as they are kept, from the lowest up. None when the
  /// manifest does not tell them.
  std::vector<std::uint64_t> layer_bytes{};
};

/// What we read of an image config.
struct ImageConfig {
  std::string architecture;                   ///< As the config spells it, such as `amd64`.
  std::map<std::string, std::string> labels;  ///< Empty when the config has none.
  /// When it was made, if it tells.
  std::optional<Timestamp> created;
  std::vector<std::string> diff_ids{};  ///< Digests of its layers unpacked, from the lowest up.
  /// The image that its newest layer was put on, if the history tells; not checked in any way.
  std::string made_from{};
};

/// Who owns a file of an image.
struct Owner {
  unsigned user = 0;   ///< By number.
  unsigned group = 0;  ///< By number.
  friend bool operator==(const Owner&, const Owner&) = default;
};

/// A file of the host that becomes part of an image.
struct LayerFile {
  std::filesystem::path source;  ///< The file on the host.
  /// Absolute path in the image; folders on the way that are not listed are root's, mode 0755.
  std::string target;
  unsigned mode = 0644;  ///< Permission bits in the image.
  Owner owner{};         ///< In the image.
};

/// A folder of an image, made even when nothing lies in it.
struct LayerDirectory {
  std::string target;    ///< Absolute path in the image.
  unsigned mode = 0755;  ///< Permission bits in the image.
  Owner owner{};         ///< In the image.
};

/// What goes on top of a base image, the same for all architectures.
struct ImageContent {
  std::vector<LayerFile> files{};               ///< What the new layer holds.
  std::vector<LayerDirectory> directories{};    ///< And folders that need more than a default.
  std::vector<std::string> removed{};           ///< Absolute paths of the base that go.
  std::map<std::string, std::string> labels{};  ///< Added to the base's.
  /// Empty: the base's stay.
  std::vector<std::string> entrypoint{};
  std::vector<std::string> command{};  ///< Empty: the base's stays.
  /// Such as `50051/tcp`; added to the base's.
  std::vector<std::string> exposed_ports{};
  /// When the newest input was made, for the same bytes from the same inputs; unset: what the
  /// newest base tells; without bases 1970.
  std::optional<Timestamp> created{};
};

/// The upper layers of an image, to be put on another one.
struct StackedLayers {
  model::ImageReference image;  ///< Pinned to the digest of a single image.
  std::size_t count = 0;        ///< Of them, from the top.
};

/// One image to make.
struct Target {
  std::string architecture;  ///< What the image is to run on.
  /// The base, pinned to the digest of a single image; none: the image is of its content alone.
  std::optional<model::ImageReference> base;
  /// Where it is pushed to.
  model::ImageReference destination;
  /// Between the base and what is new; only for engines that can do that.
  std::optional<StackedLayers> stacked{};
};

/// An image that lies in the registry.
struct PushedImage {
  std::string architecture;         ///< What the image runs on.
  model::ImageReference reference;  ///< Pinned to its digest.
};

/// Everything iibd does with images. Throws UserError for what the user named wrongly (not found,
/// not an image) and ExternalError otherwise; both name image, step, cause and remedy. Retries are
/// done inside. May be called from several threads.
class ImageEngine {
 public:
  virtual ~ImageEngine() = default;
  /// The manifest of `image`; with a tag the current one (pipeline 3.1, 3.2).
  [[nodiscard]] virtual Manifest manifest(const model::ImageReference& image,
                                          const Access& access) = 0;
  /// The config of `image`, pinned by digest to a single image.
  [[nodiscard]] virtual ImageConfig config(const model::ImageReference& image,
                                           const Access& access) = 0;
  /// Copies what lies below each of `paths` (relative to the image's root, files or directories)
  /// to the same place below `destination`, layers and whiteouts applied. Paths that are absent are
  /// absent then. Entries that point outside are refused with UserError. `image` is pinned by
  /// digest.
  virtual void extract(const model::ImageReference& image, std::span<const std::string> paths,
                       const std::filesystem::path& destination, const Access& access) = 0;
  /// Whether build_and_push() takes targets with layers of another image than their base.
  [[nodiscard]] virtual bool can_stack_layers() const noexcept = 0;
  /// Makes an image for each target from its base and `content`, as Docker v2 schema 2, without
  /// running anything inside it, and pushes it. The results are pinned, in the order of `targets`.
  [[nodiscard]] virtual std::vector<PushedImage> build_and_push(const ImageContent& content,
                                                                std::span<const Target> targets,
                                                                const Access& access) = 0;
  /// Pushes a Docker v2 manifest list of `images` to `destination`; gives its digest.
  [[nodiscard]] virtual model::Digest push_list(const model::ImageReference& destination,
                                                std::span<const PushedImage> images,
                                                const Access& access) = 0;
  /// Puts the manifest list or image `source`, pinned by digest, with all that it names into the
  /// repository of `destination`, and last of all, in one request, under the tag or digest of
  /// `destination`. Bytes and digests stay the same.
  virtual void copy(const model::ImageReference& source, const model::ImageReference& destination,
                    const Access& access) = 0;
  /// The last step of copy(), after it has put the same into the repository of `destination` under
  /// its digest: the tag is written by one request, which is sent once. After an ExternalError the
  /// tag may be written or not, so whoever wants to try again looks first.
  virtual void put_tag(const model::ImageReference& source,
                       const model::ImageReference& destination, const Access& access) = 0;
};

}  // namespace iib::image
