#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

namespace iib::bundle {

/// Labels of an image.
using Labels = std::map<std::string, std::string>;

/// What a regeneration asks about images that a bundle names: registries answer in the service,
/// files of the author in the tool. Both throw Refusal{image_unresolvable} naming the pull
/// specification that does not exist, may not be read or may not be asked for.
class ImageLookup {
 public:
  virtual ~ImageLookup() = default;
  /// The digest (`sha256:...`) of each of `pull_specs`, which are printed in full, in their order.
  [[nodiscard]] virtual std::vector<std::string> digests(
      std::span<const std::string> pull_specs) = 0;
  /// The labels of each.
  [[nodiscard]] virtual std::vector<Labels> labels(std::span<const std::string> pull_specs) = 0;
};

}  // namespace iib::bundle
