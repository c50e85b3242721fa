#include "model/bundle_rules.hpp"
#include "model/submission_types.hpp"

#include <array>

namespace iib::model {

NewRequest parse_recursive_related_bundles(Parameters& body) {
  constexpr std::array<std::string_view, 1> kRequired{"parent_bundle_image"};
  constexpr std::array<std::string_view, 2> kOptional{"organization", "registry_auths"};
  NewRequest request;
  request.type = RequestType::recursive_related_bundles;
  body.check_names(kRequired, kOptional);
  body.drop_empty();
  request.facts.parent_bundle_image = read_bundle_parameters(body, "parent_bundle_image", request);
  return request;
}

}  // namespace iib::model
