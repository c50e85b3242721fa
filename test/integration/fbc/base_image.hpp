#pragma once

#include "site.hpp"

#include <string>
#include <vector>

namespace iib::test {

/// Puts a binary image in the place of that of `site`, whose history tells of its layer, as the
/// images of builders do. Each `release` is another image.
void push_base_with_history(Site& site, const std::vector<std::string>& architectures,
                            const std::string& release = "1");

}  // namespace iib::test
