#pragma once

#include "csv_scan.hpp"
#include "iib/bundle/inspection.hpp"

#include <string>
#include <string_view>

namespace iib::bundle {

/// What `csv`, a CSV, says about the operator. What is missing or of a wrong type is empty.
[[nodiscard]] OperatorVersion operator_version(const Manifest& csv);

/// The text of the scalar `key` of `node`, be it a string or not; empty when there is none.
[[nodiscard]] std::string scalar_member(const io::YamlNode& node, std::string_view key);

}  // namespace iib::bundle
