#pragma once

#include "cli/output.hpp"
#include "iib/catalog/contents.hpp"

#include <string>

namespace iib::cli {

/// What a change did to the database `name`: how many packages and bundles came and went, and which
/// channels have another head; lines for people, or one line of JSON with the whole difference.
[[nodiscard]] std::string summarize_change(Format format, const std::string& name,
                                           const catalog::Contents& before,
                                           const catalog::Contents& after);

}  // namespace iib::cli
