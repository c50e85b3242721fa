#pragma once

#include "iib/bundle/refusal.hpp"

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace iib::bundle {

/// Labels of an image.
using Labels = std::map<std::string, std::string>;

/// An image that does not exist, may not be read or may not be asked for. Whoever answers throws
/// it; regenerate() adds the places of the bundle that the pull specification comes from.
class Unresolvable : public Refusal {
 public:
  /// `reason` names `pull_spec`, which is as it was asked for.
  Unresolvable(std::string pull_spec, const std::string& reason, std::string file = {})
      : Refusal{RefusalCode::image_unresolvable, reason, std::move(file)},
        pull_spec_{std::move(pull_spec)} {}
  /// Which one.
  [[nodiscard]] const std::string& pull_spec() const noexcept { return pull_spec_; }

 private:
  std::string pull_spec_;
};

/// What a regeneration asks about images that a bundle names: registries answer in the service,
/// files of the author in the tool. Both throw Unresolvable.
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
