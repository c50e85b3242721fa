#pragma once

#include "regenerate_document.hpp"

#include <string>
#include <vector>

namespace iib::bundle {

/// The first entry of each name, in order: what relatedImages is made of (bundle-regeneration 7).
/// `file` is the CSV file as errors call it. Throws Refusal{related_images_conflict} with all
/// conflicts.
[[nodiscard]] std::vector<const Entry*> entries_to_relate(const std::string& file,
                                                          const std::vector<Entry>& entries);

/// Throws Refusal{related_images_and_envs} when a variable is among the `entries` of a file that
/// has relatedImages (8.1): which of them is right is not to be known.
void refuse_variables(const std::string& file, const std::vector<Entry>& entries);

/// Writes `spec.relatedImages` of the CSV file `csv` out of its entries as they are now
/// (bundle-regeneration 7). Throws Refusal{related_images_conflict} with all conflicts.
void set_related_images(Document& csv);

}  // namespace iib::bundle
