#pragma once

#include "regenerate_document.hpp"

#include <vector>

namespace iib::bundle {

/// `node` as JSON: aliases and merge keys followed, scalars typed by the core schema of YAML 1.2.
[[nodiscard]] std::string to_json(const io::YamlNode& node);

/// Appends to `changes` what differs between `document` as it was and as it is now, in the order
/// of the document.
void append_changes(const Document& document, std::vector<Change>& changes);

}  // namespace iib::bundle
