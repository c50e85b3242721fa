#pragma once

#include "iib/catalog/fbc.hpp"

#include <string>
#include <vector>

namespace iib::cli {

/// What validation found in the file-based catalog `name`, for people. `notes` are no breaches.
[[nodiscard]] std::string findings_text(const std::string& name,
                                        const catalog::fbc::Validation& found,
                                        const std::vector<std::string>& notes);

/// The same for scripts.
[[nodiscard]] std::string findings_json(const catalog::fbc::Validation& found,
                                        const std::vector<std::string>& notes);

}  // namespace iib::cli
