#include "catalog/properties.hpp"

#include "catalog/json_text.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace iib::catalog {

std::string gvk_value(const Api& api) {
  return fmt::format(R"({{"group":{},"kind":{},"version":{}}})", json_string(api.group),
                     json_string(api.kind), json_string(api.version));
}

std::string package_property(std::string_view package, std::string_view version) {
  return fmt::format(R"({{"packageName":{},"version":{}}})", json_string(package),
                     json_string(version));
}

std::vector<TypedValue> derive_dependencies(std::vector<TypedValue> listed,
                                            const std::vector<Api>& required) {
  for (const auto& api : required) listed.push_back({.type = "olm.gvk", .value = gvk_value(api)});
  return listed;
}

std::vector<TypedValue> derive_properties(std::vector<TypedValue> given, const Bundle& bundle) {
  std::set<TypedValue> properties;
  for (auto& property : given) {
    // Of a JSON file the text is as written; YAML values are compact already.
    properties.insert(
        {.type = std::move(property.type), .value = compact_json(property.value.value_or("null"))});
  }
  properties.insert(
      {.type = "olm.package", .value = package_property(bundle.package, bundle.version)});
  for (const auto& api : bundle.provided) {
    properties.insert({.type = "olm.gvk", .value = gvk_value(api)});
  }
  return {properties.begin(), properties.end()};
}

}  // namespace iib::catalog
