#pragma once

#include "context.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace iib::task {

/// An image pinned as it is now (pipeline 3.1, 3.2).
struct ResolvedImage {
  /// `name@digest` of the manifest list, or of the image.
  model::ImageReference pinned;
  /// Architecture -> that one's image, pinned. Never empty.
  std::map<std::string, model::ImageReference> images;
  /// The image whose config speaks for all: amd64 if there, else the first entry (pipeline 3.4).
  model::ImageReference speaker;

  /// The architectures, sorted.
  [[nodiscard]] std::set<std::string> architectures() const;
};

/// The label of a bundle that names its package.
inline constexpr auto kPackageLabel = "operators.operatorframework.io.bundle.package.v1";

/// A bundle pinned to one image (pipeline 3.3).
struct ResolvedBundle {
  /// As the client gave it; of several that are the same image, the first.
  std::string given;
  model::ImageReference pinned;
  std::map<std::string, std::string> labels;
};

/// Resolves `pull_spec`; `role` names the parameter in errors.
[[nodiscard]] ResolvedImage resolve_image(const Context& context, const std::string& pull_spec,
                                          std::string_view role);

/// The one image that stands for the bundle `given` (pipeline 3.3).
[[nodiscard]] model::ImageReference pin_bundle(const Context& context, const std::string& given,
                                               std::string_view role = "bundle");

/// Resolves bundles in their order; what resolves to the same image counts once. `role` names what
/// they are given in.
[[nodiscard]] std::vector<ResolvedBundle> resolve_bundles(const Context& context,
                                                          const std::vector<std::string>& given,
                                                          std::string_view role = "bundle");

}  // namespace iib::task
