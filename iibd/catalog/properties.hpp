#pragma once

#include "catalog/bundle.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// The value of property `olm.package` (catalog-sqlite 4.3).
[[nodiscard]] std::string package_property(std::string_view package, std::string_view version);

/// The value of property or dependency `olm.gvk` (4.2, 4.3).
[[nodiscard]] std::string gvk_value(const Api& api);

/// The `dependencies` rows of a bundle: `listed` ones, then one for each required API (4.2).
[[nodiscard]] std::vector<TypedValue> derive_dependencies(std::vector<TypedValue> listed,
                                                          const std::vector<Api>& required);

/// The `properties` rows of `bundle`: `given` ones, its package, its provided APIs; each once
/// (4.3).
[[nodiscard]] std::vector<TypedValue> derive_properties(std::vector<TypedValue> given,
                                                        const Bundle& bundle);

}  // namespace iib::catalog
