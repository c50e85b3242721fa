#include "image/listable.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace iib::image {

std::vector<PushedImage> listable(const model::ImageReference& destination,
                                  std::span<const PushedImage> images) {
  if (images.empty()) {
    throw ExternalError{
        fmt::format("the manifest list {} cannot be pushed: it names no image", destination.text()),
        ExternalError::Retry::no};
  }
  std::vector<PushedImage> sorted{images.begin(), images.end()};
  std::sort(sorted.begin(), sorted.end(), [](const PushedImage& left, const PushedImage& right) {
    return left.architecture < right.architecture;
  });
  return sorted;
}

}  // namespace iib::image
