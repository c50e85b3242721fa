#pragma once

#include "delivery.hpp"
#include "resolve.hpp"

#include <optional>
#include <set>
#include <span>
#include <string>

namespace iib::task {

/// What is known before an index is built (pipeline 5.2).
struct Preparation {
  ResolvedImage binary_image;
  std::optional<ResolvedImage> from_index;
  std::map<std::string, std::string> from_index_labels;
  /// Of the new index: the version of the old one, and the scope that was asked for.
  Delivery delivery;
  /// What to build for; each is an architecture of the binary image.
  std::set<std::string> architectures;
};

/// Resolves the images of the request, chooses scope, binary image and architectures, and tells the
/// states "resolving the images" and "building for". `bundles` give the bundle mapping.
[[nodiscard]] Preparation prepare(Context& context, std::span<const ResolvedBundle> bundles);

}  // namespace iib::task
