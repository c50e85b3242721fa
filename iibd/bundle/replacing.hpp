#pragma once

#include "regenerate_bundle.hpp"

#include <map>
#include <string>
#include <vector>

namespace iib::bundle {

/// What takes the place of an image.
struct Replacement {
  ImageName now;
  std::string why;  ///< For people: `pinned to its digest`.
};

/// Images and what takes their place (bundle-regeneration 6).
using Table = std::map<ImageName, Replacement>;

/// Replaces the images of `table` everywhere in the CSV file `csv`.
void replace_images(Document& csv, const Table& table);

}  // namespace iib::bundle
