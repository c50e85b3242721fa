#pragma once

#include "iib/config/organization.hpp"
#include "regenerate_bundle.hpp"
#include "replacing.hpp"

#include <map>
#include <string>
#include <string_view>

namespace iib::bundle {

// What customizations do to a bundle, one function each (bundle-regeneration 8 to 10).

/// `image` pinned to `digest`: what is before its tag or digest stays (8.2).
[[nodiscard]] ImageName pinned_image(ImageName image, std::string_view digest);

/// Applies `table` as the later rules do: in every CSV file the images are replaced, and
/// relatedImages are set where there are none (9).
void apply_table(Bundle& bundle, const Table& table);

/// Whether the label `name` of `labels` is YAML's true (9.1).
[[nodiscard]] bool is_true(const Labels& labels, const std::string& name);

/// The images of `images` that are bundles by their labels (9.4).
[[nodiscard]] std::vector<ImageName> bundles_among(Bundle& bundle,
                                                   const std::vector<ImageName>& images);

/// Pins all images to their digests, unless the bundle says that they are (9).
void resolve_image_pullspecs(Bundle& bundle);

/// Names the registry `replacements` has for a registry instead of it (9).
void replace_registries(Bundle& bundle, const config::OrderedTexts& replacements);

/// Appends `suffix` to the package's name, unless that ends with it (10).
void add_package_name_suffix(Bundle& bundle, std::string_view suffix);

/// Sets annotations of all CSV files (8.3).
void set_csv_annotations(Bundle& bundle, const config::OrderedTexts& annotations);

/// Makes namespace and repository of each image out of its labels (9.2).
void name_images_from_labels(Bundle& bundle, const std::string& name_template);

/// Puts all images into the namespace `name_space`, the one they had into their names (9.3).
void enclose_repositories(Bundle& bundle, const std::string& name_space, std::string_view glue);

/// Remembers which images are bundles (9.4).
void find_related_bundles(Bundle& bundle);

/// Replaces bundles as the request says (9.5).
void replace_bundles(Bundle& bundle);

}  // namespace iib::bundle
