#pragma once

#include "iib/io/json.hpp"
#include "iib/io/yaml.hpp"

#include <string>

namespace iib::catalog {

/// `node` as JSON, by the rules of gopkg.in/yaml.v2 (catalog-sqlite 3.4 to 3.6): keys become
/// strings, later keys win, `<<` is merged where it stands. Throws UserError for what has no JSON
/// form (infinity, a key that is null or a collection) and for a wrong merge; `name` names the
/// file.
[[nodiscard]] io::JsonDocument yaml_to_json(const io::YamlNode& node, const std::string& name);

}  // namespace iib::catalog
