#pragma once

#include "regenerate_document.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace iib::bundle {

/// The annotation of `annotations.yaml` and the label of the image that hold the package's name.
constexpr std::string_view kPackageLabel = "operators.operatorframework.io.bundle.package.v1";

/// `metadata/annotations.yaml` of text `text`, checked as bundle-regeneration 10 says except for
/// the package's name. Throws Refusal.
[[nodiscard]] Document read_annotations(const std::optional<std::string>& text);

/// The name of the package, of the annotations file `file`. Throws Refusal.
[[nodiscard]] std::string package_name_of(const Manifest& file);

}  // namespace iib::bundle
