#pragma once

#include "iib/io/yaml_edit.hpp"

#include <vector>

namespace iib::io::edit {

/// Whether the key of `pair` is a merge key.
[[nodiscard]] bool is_merge(const YamlPair& pair);

/// The mappings that `pair` merges in, as written; none when it merges none.
[[nodiscard]] std::vector<const YamlNode*> merge_sources(const YamlPair& pair);

}  // namespace iib::io::edit
