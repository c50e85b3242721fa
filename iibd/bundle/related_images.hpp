#pragma once

#include "regenerate_document.hpp"

namespace iib::bundle {

/// Writes `spec.relatedImages` of the CSV file `csv` out of its entries as they are now
/// (bundle-regeneration 7). Throws Refusal{related_images_conflict} with all conflicts.
void set_related_images(Document& csv);

}  // namespace iib::bundle
