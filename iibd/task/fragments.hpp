#pragma once

#include "iib/catalog/fbc_changes.hpp"
#include "resolve.hpp"

#include <string>
#include <vector>

namespace iib::task {

/// A fragment that the request names, resolved.
struct ResolvedFragment {
  std::string given;
  ResolvedImage image;
};

/// Resolves the fragments of the request in their order (pipeline 6.8).
[[nodiscard]] std::vector<ResolvedFragment> resolve_fragments(const Context& context);

/// Reads the catalogs out of `fragments`, in their order. Throws UserError for one that has none,
/// or a larger one than a fragment may have.
[[nodiscard]] std::vector<catalog::fbc::Fragment> read_fragments(
    const Context& context, const std::vector<ResolvedFragment>& fragments);

}  // namespace iib::task
