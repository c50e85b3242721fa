#pragma once

#include "cli/output.hpp"
#include "iib/catalog/contents.hpp"

#include <string>

namespace iib::cli {

/// What was changed, as the JSON of a summary names it.
enum class ChangedThing { database, directory };

/// What a change did to the catalog `name`: how many packages and bundles came and went, and which
/// channels have another head; lines for people, or one line of JSON with the whole difference.
[[nodiscard]] std::string summarize_change(Format format, ChangedThing thing,
                                           const std::string& name, const catalog::Contents& before,
                                           const catalog::Contents& after);

}  // namespace iib::cli
