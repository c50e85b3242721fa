#pragma once

#include "iib/bundle/image_lookup.hpp"
#include "iib/bundle/image_name.hpp"

#include <map>
#include <string>
#include <vector>

namespace iib::bundle {

/// What has been asked about images: of each pull specification everything once per request, and
/// all that a step needs in one call.
class Answers {
 public:
  explicit Answers(ImageLookup& lookup) noexcept : lookup_{lookup} {}

  /// The digest of each of `images`, in their order.
  [[nodiscard]] std::vector<std::string> digests(const std::vector<ImageName>& images);
  /// The labels of each.
  [[nodiscard]] std::vector<Labels> labels(const std::vector<ImageName>& images);
  /// Whose digest was asked for, by first appearance.
  [[nodiscard]] const std::vector<std::string>& looked_up() const noexcept { return looked_up_; }

 private:
  ImageLookup& lookup_;
  std::map<std::string, std::string> digests_;
  std::map<std::string, Labels> labels_;
  std::vector<std::string> looked_up_;
};

}  // namespace iib::bundle
