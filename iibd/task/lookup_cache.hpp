#pragma once

#include "iib/bundle/image_lookup.hpp"
#include "iib/model/image_reference.hpp"
#include "single_flight.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace iib::task {

/// An image that a bundle names, as its registry knows it.
struct FoundImage {
  model::Digest digest;  ///< Of the list, if it is one.
  /// The image whose config speaks for all; none when a list has no linux image.
  std::optional<model::ImageReference> speaker;
};

/// The labels of an image.
struct FoundLabels {
  bundle::Labels labels;
};

/// About what an answer takes of the memory.
[[nodiscard]] inline std::size_t bytes_of(const FoundImage& found) {
  return sizeof found + (found.speaker ? found.speaker->text().size() : 0);
}
/// The same of labels.
[[nodiscard]] inline std::size_t bytes_of(const FoundLabels& found) {
  std::size_t bytes = sizeof found;
  for (const auto& [name, value] : found.labels) bytes += name.size() + value.size() + sizeof found;
  return bytes;
}

/// What requests of one batch have found. A key begins with whose credentials the answer came by:
/// nobody learns of an image that his own may not read.
struct LookupCache {
  static constexpr std::size_t kMostBytes = 16UL << 20U;  ///< Of each; beyond, one looks again.
  SingleFlight<FoundImage> images{kMostBytes};            ///< By pull specification.
  SingleFlight<FoundLabels> labels{kMostBytes};           ///< By `name@digest`.
};

}  // namespace iib::task
