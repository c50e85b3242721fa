#include "iib/bundle/refusal.hpp"

namespace iib::bundle {

std::string_view to_string(RefusalCode code) noexcept {
  switch (code) {
    case RefusalCode::related_images_and_envs:
      return "related_images_and_envs";
    case RefusalCode::related_images_conflict:
      return "related_images_conflict";
    case RefusalCode::related_image_env_value_from:
      return "related_image_env_value_from";
    case RefusalCode::image_unresolvable:
      return "image_unresolvable";
    case RefusalCode::image_name_label_missing:
      return "image_name_label_missing";
    case RefusalCode::invalid_yaml:
      return "invalid_yaml";
    case RefusalCode::malformed_csv:
      return "malformed_csv";
    case RefusalCode::annotations_yaml_missing:
      return "annotations_yaml_missing";
    case RefusalCode::annotations_invalid_yaml:
      return "annotations_invalid_yaml";
    case RefusalCode::annotations_not_mapping:
      return "annotations_not_mapping";
    case RefusalCode::package_name_missing:
      return "package_name_missing";
    case RefusalCode::package_name_not_string:
      return "package_name_not_string";
  }
  return "unknown";
}

}  // namespace iib::bundle
