#include "operator_version.hpp"

#include "place.hpp"

#include <algorithm>
#include <utility>

namespace iib::bundle {
namespace {

/// `spec.customresourcedefinitions` and `spec.apiservicedefinitions` of a CSV; null when missing.
struct Definitions {
  const io::YamlNode* resources = nullptr;
  const io::YamlNode* services = nullptr;
};

const io::YamlNode* member_of(const io::YamlNode* node, std::string_view key) {
  return node == nullptr ? nullptr : member(*node, key);
}

/// The elements of the list `key` that are maps.
std::vector<const io::YamlNode*> maps_of(const io::YamlNode* node, std::string_view key) {
  const auto* list = member_of(node, key);
  std::vector<const io::YamlNode*> maps;
  if (list == nullptr) return maps;
  for (const auto* element : list->resolved().items) {
    if (element->is_mapping()) maps.push_back(element);
  }
  return maps;
}

/// Those of the list `key` (`owned` or `required`), custom resources first.
std::vector<Api> apis(const Definitions& definitions, std::string_view key) {
  std::vector<Api> apis;
  for (const auto* resource : maps_of(definitions.resources, key)) {
    const auto name = scalar_member(*resource, "name");  // `widgets.acme.example.com`
    const auto dot = std::min(name.find('.'), name.size() - 1);
    apis.push_back({name.empty() ? name : name.substr(dot + 1), scalar_member(*resource, "version"),
                    scalar_member(*resource, "kind")});
  }
  for (const auto* service : maps_of(definitions.services, key)) {
    apis.push_back({scalar_member(*service, "group"), scalar_member(*service, "version"),
                    scalar_member(*service, "kind")});
  }
  return apis;
}

}  // namespace

OperatorVersion operator_version(const Manifest& csv) {
  OperatorVersion version;
  version.file = csv.path;
  const io::YamlNode& root = csv.document.root();
  if (const auto* metadata = member(root, "metadata")) {
    version.name = scalar_member(*metadata, "name");
  }
  const auto* spec = member(root, "spec");
  if (spec == nullptr) return version;
  version.version = scalar_member(*spec, "version");
  version.replaces = scalar_member(*spec, "replaces");
  if (const auto* skips = member(*spec, "skips")) {
    for (const auto* name : skips->resolved().items) {
      if (name->is_scalar()) version.skips.emplace_back(name->resolved().value);
    }
  }
  const Definitions definitions{member(*spec, "customresourcedefinitions"),
                                member(*spec, "apiservicedefinitions")};
  version.provides = apis(definitions, "owned");
  version.requires_apis = apis(definitions, "required");
  return version;
}

std::string scalar_member(const io::YamlNode& node, std::string_view key) {
  const auto* value = member(node, key);
  return value != nullptr && value->is_scalar() ? std::string{value->resolved().value} : "";
}

}  // namespace iib::bundle
