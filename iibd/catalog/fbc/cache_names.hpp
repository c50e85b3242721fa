#pragma once

#include "catalog/fbc/model.hpp"
#include "iib/catalog/problem.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog::fbc {

/// The file of an entry of a channel (catalog-fbc 1.8).
[[nodiscard]] std::string cache_file_name(std::string_view package, std::string_view channel,
                                          std::string_view bundle);

/// Entries whose files cannot be named, or would have the name of another's: the reference takes
/// either content then, without a word (O13).
[[nodiscard]] std::vector<Problem> check_cache_names(const Model& model);

}  // namespace iib::catalog::fbc
