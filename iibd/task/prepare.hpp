#pragma once

#include "delivery.hpp"
#include "resolve.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

namespace iib::task {

/// What new images are built on (pipeline 5.4).
struct BinaryImage {
  /// By architecture; empty for `scratch`: the images hold the index alone, and start nothing.
  std::map<std::string, model::ImageReference> images{};
  [[nodiscard]] bool is_scratch() const noexcept { return images.empty(); }
};

/// What is known before an index is built (pipeline 5.2).
struct Preparation {
  BinaryImage binary_image;
  /// The base index: from_index, or target_index of a merge.
  std::optional<ResolvedImage> from_index;
  std::map<std::string, std::string> from_index_labels;
  /// The other index of a merge, source_from_index.
  std::optional<ResolvedImage> source_index;
  std::map<std::string, std::string> source_index_labels;
  /// Of the new index: the version of the base index, and the scope that was asked for.
  Delivery delivery;
  /// What to build for; each is an architecture of the binary image, if there is one.
  std::set<std::string> architectures;
};

/// Resolves the images of the request, chooses scope, binary image and architectures, and tells the
/// states "resolving the images" and "building for". `bundles` give the bundle mapping; `learned`
/// is what else is to be told with the second state.
[[nodiscard]] Preparation prepare(Context& context, std::span<const ResolvedBundle> bundles,
                                  model::Learned learned = {});

}  // namespace iib::task
