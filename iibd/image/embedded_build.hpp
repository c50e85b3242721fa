#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/error.hpp"
#include "iib/image/engine.hpp"
#include "image/assembly.hpp"
#include "image/image_push.hpp"
#include "image/image_source.hpp"
#include "image/layer/layer_writer.hpp"
#include "image/layer_cache.hpp"
#include "image/packed_members.hpp"
#include "image/stacking.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::image {

/// What builds of the embedded engine share.
struct Workshop {
  LayerCache& cache;
  PackedMembers& packed;
  ImageSource& source;
  ImagePush& push;
  std::size_t transfers;  ///< Of one build, at once.
  unsigned threads;       ///< That compress one layer.
};

/// One call of ImageEngine::build_and_push() by the embedded engine: one layer for all targets,
/// and for each a config and a manifest. Used once, by one thread.
class EmbeddedBuild {
 public:
  /// What it is given must outlive it.
  EmbeddedBuild(const Workshop& workshop, const ImageContent& content,
                std::span<const Target> targets, const Access& access);

  /// Makes and pushes the images; gives them in the order of the targets.
  [[nodiscard]] std::vector<PushedImage> run();

 private:
  /// What the new layer of a target lies on.
  struct Base {
    ImageText text;           ///< With the layers that are stacked on it.
    std::vector<Blob> lower;  ///< Where there are such, its own layers.
  };
  /// A layer of ours, with what keeps its file.
  struct KeptLayer {
    NewLayer layer;
    LayerCache::Held file;
  };

  void read_bases();
  [[nodiscard]] ImageText read_image(const model::ImageReference& image) const;
  [[nodiscard]] const model::ImageReference& origin_of(std::size_t target, const Blob& layer) const;
  [[nodiscard]] Timestamp newest_base() const;
  void recompress();
  [[nodiscard]] std::vector<NeededBlob> layers_below(std::size_t target) const;
  void write_layer_of_content();
  void provide_blobs();
  void assemble_images();
  void upload_blobs();
  [[nodiscard]] bool has_layer(const model::ImageReference& destination);
  void upload_layers(const model::ImageReference& destination, Expected expected);
  void upload_config(std::size_t target, Expected expected);
  [[nodiscard]] PushedImage push_image(std::size_t target);
  [[nodiscard]] KeptLayer keep(const WrittenLayer& written, const std::filesystem::path& file);

  Workshop workshop_;
  const ImageContent& content_;
  std::span<const Target> targets_;
  const Access& access_;
  std::vector<Base> bases_;  ///< Of the targets, in their order; empty ones: none.
  Timestamp created_{};
  std::optional<KeptLayer> layer_;
  std::vector<Assembled> images_;  ///< Of the targets, in their order.
  /// Layers of the bases that had to be compressed again.
  Recompressed recompressed_;
  std::vector<KeptLayer> recompressed_layers_;
};

/// Calls `work`, and puts `what` before the text of its failure, which begins with a name.
template <class Work>
auto speaking_of(std::string_view what, Work&& work) {
  try {
    return std::invoke(std::forward<Work>(work));
  } catch (const ExternalError& error) {
    throw ExternalError{fmt::format("{} {}", what, error.what()), error.worth_retrying()
                                                                      ? ExternalError::Retry::yes
                                                                      : ExternalError::Retry::no};
  }
}

}  // namespace iib::image
