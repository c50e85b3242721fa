#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace iib::task {

/// A bundle as the bundle above names it.
struct NamedBundle {
  std::string pull_spec;
  /// Tells whether two names are the same bundle: the digest.
  std::string identity;
};

/// Gives the bundles that a bundle names.
using FindChildren = std::function<std::vector<NamedBundle>(const NamedBundle&)>;

/// All bundles below `parent`, level by level, and `parent`: the deepest level first, `parent`
/// last, so that each comes after those that it names (pipeline 6.7). One that is on several levels
/// is on its deepest. `find_children` is asked once about each bundle. Throws UserError when `most`
/// of them, or more, are found below `parent`, or when a bundle is below itself, naming the circle.
[[nodiscard]] std::vector<std::string> deepest_first(const NamedBundle& parent, std::size_t most,
                                                     const FindChildren& find_children);

}  // namespace iib::task
