#include "layer_base.hpp"

#include "iib/base/parallel.hpp"
#include "iib/catalog/index_labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace iib::task {
namespace {

/// Images of more layers start slowly, and from 127 on not at all (catalog-fbc 6, O3).
constexpr std::size_t kMostLayers = 30;
/// Bytes of no use count from here on: fewer cost nobody anything, and a small index would be
/// pushed whole all the time.
constexpr std::uint64_t kFewBytes = 1U << 20U;
constexpr std::size_t kAtOnce = 8;

/// Whether `dead` bytes are about half of those that clients fetch, besides `others`.
bool are_most(std::uint64_t dead, std::uint64_t others) {
  return dead > std::max(others, kFewBytes);
}

/// Labels but for those that the new image sets.
std::map<std::string, std::string> other_labels(std::map<std::string, std::string> labels,
                                                const image::ImageContent& content) {
  std::erase_if(labels, [&](const auto& label) { return content.labels.contains(label.first); });
  return labels;
}

bool begins_with(const std::vector<std::string>& layers, const std::vector<std::string>& first) {
  return !first.empty() && layers.size() > first.size() &&
         std::equal(first.begin(), first.end(), layers.begin());
}

bool is_index(const image::ImageConfig& config) {
  return config.labels.contains(catalog::kConfigsLabel) ||
         config.labels.contains(catalog::kDatabaseLabel);
}

/// The binary image below an index, by what each image says it was made from. Nothing when one does
/// not say, or names a registry that the request has nothing to do with.
std::optional<image::ImageConfig> binary_image_below(const Context& context,
                                                     image::ImageConfig index,
                                                     const std::set<std::string>& registries,
                                                     const image::Access& access) {
  for (std::size_t step = 0; step <= kMostLayers && !index.made_from.empty(); ++step) {
    const auto below = model::ImageReference::parse(index.made_from);
    if (!below.digest() || !registries.contains(below.registry())) return std::nullopt;
    index = context.images().config(below, access);
    if (!is_index(index)) return index;
  }
  return std::nullopt;
}

/// obstacle_of_layers() for an index, `below` layers of which are those of its binary image.
std::string obstacle_of_sizes(const Context& context, const model::ImageReference& pinned,
                              const image::ImageConfig& index, std::size_t below,
                              std::uint64_t left, const image::Access& access) {
  // One layer is what a full build gives: all of it is of use, and obstacle_of_removal() knows what
  // the change leaves of that.
  if (index.diff_ids.size() == below + 1) return {};
  const auto bytes = context.images().manifest(pinned, access).layer_bytes;
  if (bytes.size() != index.diff_ids.size()) return "its manifest and its config name other layers";
  return obstacle_of_layers(std::span{bytes}.subspan(below), left);
}

/// find_layer_base() for one architecture.
struct OfImage {
  std::string obstacle{};
  std::optional<image::StackedLayers> stacked{};
};

OfImage look_at(const Context& context, const Preparation& preparation,
                const image::ImageContent& content, std::uint64_t left,
                const std::string& architecture) {
  // The credentials of the request may read from_index, but are not for what we push.
  const auto access = context.own_access();
  const auto& pinned = preparation.from_index->images.at(architecture);
  const auto& binary_image = preparation.binary_image.images.at(architecture);
  const auto index = context.images().config(pinned, access);
  std::optional binary = context.images().config(binary_image, access);
  const bool is_same = begins_with(index.diff_ids, binary->diff_ids);
  if (!is_same && context.images().can_stack_layers()) {
    binary =
        binary_image_below(context, index, {pinned.registry(), binary_image.registry()}, access);
  }
  if (!binary || !begins_with(index.diff_ids, binary->diff_ids)) {
    return {"it was not built on this binary image"};
  }
  if (other_labels(binary->labels, content) != other_labels(index.labels, content)) {
    return {"it has labels that the binary image has not"};
  }
  const auto below = binary->diff_ids.size();
  auto obstacle = obstacle_of_sizes(context, pinned, index, below, left, access);
  if (is_same || !obstacle.empty()) return {std::move(obstacle)};
  return {.stacked = image::StackedLayers{pinned, index.diff_ids.size() - below}};
}

}  // namespace

std::string obstacle_of_layers(std::span<const std::uint64_t> bytes, std::uint64_t left) {
  if (bytes.size() >= kMostLayers) return fmt::format("it has {} layers of its own", bytes.size());
  if (bytes.empty()) return {};
  // What a layer replaces has about as many bytes as the layer itself: of that, at most as much is
  // dead as all but the largest have. An index that only grows is pushed whole each time it has
  // doubled.
  const auto largest = *std::ranges::max_element(bytes);
  const auto others = std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0}) - largest;
  if (are_most(others, largest)) {
    return fmt::format("its layers have {} bytes beside the largest, which has {}", others,
                       largest);
  }
  // What a layer removes or makes smaller is dead, too, and has no bytes in that layer. Many
  // changes that each remove little show only in what is left, of which a layer packs two bytes
  // into one or better.
  const auto all = others + largest;
  if (all <= left / 2 || !are_most(all - left / 2, left / 2)) return {};
  return fmt::format("its layers have {} bytes, and of the index {} are left, unpacked", all, left);
}

std::string obstacle_of_removal(std::uint64_t before, std::uint64_t after) {
  if (before <= after || !are_most(before - after, after)) return {};
  return fmt::format("of its {} bytes, unpacked, {} are left", before, after);
}

LayerBase find_layer_base(const Context& context, const Preparation& preparation,
                          const image::ImageContent& content, std::uint64_t left) {
  if (preparation.binary_image.is_scratch()) return {"the new one is to have no binary image"};
  const std::vector<std::string> architectures{preparation.architectures.begin(),
                                               preparation.architectures.end()};
  for (const auto& architecture : architectures) {
    if (!preparation.from_index->images.contains(architecture)) {
      return {fmt::format("it has no image for {}", architecture)};
    }
  }
  std::vector<OfImage> found(architectures.size());
  in_parallel(architectures.size(), kAtOnce, [&](std::size_t i) {
    found[i] = look_at(context, preparation, content, left, architectures[i]);
  });
  LayerBase base;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i].obstacle.empty()) return {std::move(found[i].obstacle)};
    if (!found[i].stacked) continue;
    base.stacked.emplace(architectures[i], *std::move(found[i].stacked));
  }
  return base;
}

}  // namespace iib::task
