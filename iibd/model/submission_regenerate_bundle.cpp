#include "model/bundle_rules.hpp"
#include "model/submission_types.hpp"

#include <array>

namespace iib::model {

NewRequest parse_regenerate_bundle(Parameters& body) {
  constexpr std::array<std::string_view, 1> kRequired{"from_bundle_image"};
  constexpr std::array<std::string_view, 3> kOptional{"organization", "bundle_replacements",
                                                      "registry_auths"};
  NewRequest request;
  request.type = RequestType::regenerate_bundle;
  body.check_names(kRequired, kOptional);
  body.drop_empty();
  request.facts.bundle_replacements = body.text_map("bundle_replacements");
  request.facts.from_bundle_image = read_bundle_parameters(body, "from_bundle_image", request);
  return request;
}

}  // namespace iib::model
