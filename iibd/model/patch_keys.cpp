#include "model/patch_keys.hpp"

#include <array>

namespace iib::model {
namespace {

// Short names so that the table below reads like the specification's.
constexpr auto A = RequestType::add;
constexpr auto R = RequestType::rm;
constexpr auto G = RequestType::regenerate_bundle;
constexpr auto M = RequestType::merge_index_image;
constexpr auto E = RequestType::create_empty_index;
constexpr auto Q = RequestType::recursive_related_bundles;
constexpr auto F = RequestType::fbc_operations;
constexpr auto D = RequestType::add_deprecations;

using Facts = RequestFacts;
using Rule = PatchRule;

constexpr TypeSet kEvery{A, R, G, M, E, Q, F, D};
constexpr TypeSet kNone;

// `bundles` and `fbc_fragments` name lists, of which a PATCH could only bring a single text: they
// are no images.
constexpr std::array kPatchKeys{
    PatchKey{"arches", Rule::names, kEvery, kNone},
    PatchKey{"state", Rule::text, kEvery, kNone},
    PatchKey{"state_reason", Rule::text, kEvery, kNone},
    PatchKey{"binary_image", Rule::image, TypeSet{A, R, M, E, F, D}, kNone, &Facts::binary_image},
    PatchKey{"binary_image_resolved", Rule::image, TypeSet{A, R, M, E, F, D}, kNone,
             &Facts::binary_image_resolved},
    PatchKey{"from_index_resolved", Rule::image, TypeSet{A, R, E, F, D}, kNone,
             &Facts::from_index_resolved},
    PatchKey{"index_image", Rule::image, TypeSet{A, R, M, E, F, D}, kNone, &Facts::index_image},
    PatchKey{"index_image_resolved", Rule::image, TypeSet{A, R, E, F, D}, kNone,
             &Facts::index_image_resolved},
    PatchKey{"internal_index_image_copy", Rule::image, TypeSet{A, R, F, D}, kNone,
             &Facts::internal_index_image_copy},
    PatchKey{"internal_index_image_copy_resolved", Rule::image, TypeSet{A, R, F, D}, kNone,
             &Facts::internal_index_image_copy_resolved},
    PatchKey{"from_bundle_image_resolved", Rule::image, TypeSet{G}, TypeSet{A, R, F, D},
             &Facts::from_bundle_image_resolved},
    PatchKey{"bundle_image", Rule::image, TypeSet{G}, kNone, &Facts::bundle_image},
    PatchKey{"bundle_mapping", Rule::mapping, TypeSet{A}, kNone},
    PatchKey{"bundles", Rule::text, kNone, TypeSet{A}},
    PatchKey{"distribution_scope", Rule::scope, TypeSet{A, R, M, E, F}, TypeSet{D},
             &Facts::distribution_scope},
    PatchKey{"omps_operator_version", Rule::object_text, TypeSet{A}, kNone,
             &Facts::omps_operator_version},
    PatchKey{"bundle_replacements", Rule::text_map, kNone, TypeSet{G}},
    PatchKey{"source_from_index_resolved", Rule::image, TypeSet{M}, kNone,
             &Facts::source_from_index_resolved},
    PatchKey{"target_index_resolved", Rule::image, TypeSet{M}, kNone,
             &Facts::target_index_resolved},
    PatchKey{"parent_bundle_image_resolved", Rule::image, TypeSet{Q}, kNone,
             &Facts::parent_bundle_image_resolved},
    PatchKey{"fbc_fragment", Rule::image, TypeSet{F}, kNone, &Facts::fbc_fragment},
    PatchKey{"fbc_fragment_resolved", Rule::image, TypeSet{F}, kNone,
             &Facts::fbc_fragment_resolved},
    PatchKey{"fbc_fragments_resolved", Rule::images, TypeSet{F}, kNone},
    PatchKey{"fbc_fragments", Rule::text, kNone, TypeSet{F}},
};

}  // namespace

std::span<const PatchKey> patch_keys() {
  return kPatchKeys;
}

}  // namespace iib::model
