#pragma once

#include "yaml_edit_change.hpp"
#include "yaml_edit_scalar.hpp"
#include "yaml_edit_source.hpp"

#include <string>

namespace iib::io::edit {

/// The text of `source`, whose root is `root`, after `change`.
[[nodiscard]] std::string apply(const Source& source, const YamlNode& root, const Change& change);

/// What `text` holds. Throws YamlUneditable unless that is what `root` says, apart from `change`.
[[nodiscard]] YamlDocument verify(const YamlNode& root, const Change& change,
                                  const std::string& text);

}  // namespace iib::io::edit
