#pragma once

#include "option.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace iib::config {

/// What the checks look at.
struct Checked {
  const Draft& draft;
  const std::optional<std::filesystem::path>& file;
  const std::map<std::string, std::string>& environment;
};

/// Checks what concerns more than one option, or the host (rest-api 11, pipeline 13). Throws
/// UserError for the first thing wrong; returns warnings.
[[nodiscard]] std::vector<std::string> check(const Checked& checked);

/// Of these the ones that a file alone can be held to: the forms of the customizations.
void check_file(const Checked& checked);

}  // namespace iib::config
