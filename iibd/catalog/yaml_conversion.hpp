#pragma once

#include "iib/io/json.hpp"
#include "iib/io/yaml.hpp"

#include <string>
#include <string_view>

namespace iib::catalog {

/// The document `text`, whose root is `node`, as JSON by the rules of gopkg.in/yaml.v2
/// (catalog-sqlite 3.4 to 3.6): keys become strings, later keys win, `<<` is merged where it
/// stands. Throws UserError for what has no JSON form (infinity, a key that is null, a collection
/// or beyond 64 bits), for a wrong merge, and for what that reader cannot parse; `name` names the
/// file.
[[nodiscard]] io::JsonDocument yaml_to_json(const io::YamlNode& node, std::string_view text,
                                            const std::string& name);

}  // namespace iib::catalog
