#pragma once

#include "index_reading.hpp"
#include "prepare.hpp"

#include <map>
#include <string>
#include <string_view>

namespace iib::task {

/// Reads the catalog out of the index to build on, which there is.
[[nodiscard]] ReadIndex read_from_index(const Context& context, const Preparation& preparation);

/// Throws UserError when the index to build on holds no file-based catalog.
void require_file_based(const Context& context, const Preparation& preparation);

/// The bundles that `catalog` names by digest: digest -> pull specification. `step` is a name for
/// Context::catalog_work().
[[nodiscard]] std::map<std::string, std::string> pull_specs_by_digest(
    const Context& context, const catalog::Catalog& catalog, std::string_view step);

/// Throws UserError when one of `build_tags` could name the result of another request, or is no tag
/// (pipeline 5.6).
void require_build_tags(const Context& context);

/// What publish() may be told besides the catalog.
struct PublishOptions {
  /// What the catalog was made of, if it was from_index; a file-based one is then perhaps
  /// published as a small change of that.
  const ReadIndex* from = nullptr;
  std::map<std::string, std::string> labels{};  ///< Of the new images, beside the usual ones.
};

/// Builds and pushes an image with `catalog` for each architecture, verifies that from_index is
/// still the same, pushes the manifest list, also under
/// the build tags (pipeline 5.5, 5.6, 6.1 steps 7 to 9), and gives what
/// the request's document tells of the result.
[[nodiscard]] model::Learned publish(Context& context, const Preparation& preparation,
                                     const catalog::Catalog& catalog,
                                     const PublishOptions& options = {});

}  // namespace iib::task
