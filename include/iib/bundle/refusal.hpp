#pragma once

#include "iib/base/error.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace iib::bundle {

/// Why a bundle cannot be regenerated (bundle-regeneration 10 and 13).
enum class RefusalCode {
  related_images_and_envs,
  related_images_conflict,
  related_image_env_value_from,
  image_unresolvable,
  image_name_label_missing,
  invalid_yaml,
  malformed_csv,
  annotations_yaml_missing,
  annotations_invalid_yaml,
  annotations_not_mapping,
  package_name_missing,
  package_name_not_string,
};

/// The code as documents spell it: the enumerator's name.
[[nodiscard]] std::string_view to_string(RefusalCode code) noexcept;

/// A bundle that cannot be regenerated as it is. what() names the file, the place in it and what
/// to change.
class Refusal : public UserError {
 public:
  /// `file` is the file at fault below the bundle's directory, or empty.
  Refusal(RefusalCode code, const std::string& reason, std::string file = {})
      : UserError{reason}, code_{code}, file_{std::move(file)} {}
  /// Which rule was broken.
  [[nodiscard]] RefusalCode code() const noexcept { return code_; }
  /// The file at fault, such as `manifests/a.clusterserviceversion.yaml`; empty when none is.
  [[nodiscard]] const std::string& file() const noexcept { return file_; }

 private:
  RefusalCode code_;
  std::string file_;
};

}  // namespace iib::bundle
