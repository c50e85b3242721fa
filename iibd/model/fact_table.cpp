#include "iib/model/document.hpp"

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

// The keys fbc_fragment* are not here: they depend on the form used at submission.
constexpr std::array kFactKeys{
    FactKey{"binary_image", TypeSet{A, R, M, E, F, D}, &Facts::binary_image},
    FactKey{"binary_image_resolved", TypeSet{A, R, M, E, F, D}, &Facts::binary_image_resolved},
    FactKey{"from_index", TypeSet{A, R, E, F, D}, &Facts::from_index},
    FactKey{"from_index_resolved", TypeSet{A, R, E, F, D}, &Facts::from_index_resolved},
    FactKey{"index_image", TypeSet{A, R, M, E, F, D}, &Facts::index_image},
    FactKey{"index_image_resolved", TypeSet{A, R, E, F, D}, &Facts::index_image_resolved},
    FactKey{"internal_index_image_copy", TypeSet{A, R, F, D}, &Facts::internal_index_image_copy},
    FactKey{"internal_index_image_copy_resolved", TypeSet{A, R, F, D},
            &Facts::internal_index_image_copy_resolved},
    FactKey{"bundles", TypeSet{A, R}, &Facts::bundles},
    FactKey{"bundle_mapping", TypeSet{A, R}, &Facts::bundle_mapping},
    FactKey{"removed_operators", TypeSet{A, R}, &Facts::removed_operators},
    FactKey{"organization", TypeSet{A, R, G, Q}, &Facts::organization},
    FactKey{"deprecation_list", TypeSet{A, R, M}, &Facts::deprecation_list},
    FactKey{"distribution_scope", TypeSet{A, R, M, E, F}, &Facts::distribution_scope},
    FactKey{"build_tags", TypeSet{A, R, M, F, D}, &Facts::build_tags, FactForm::sorted},
    FactKey{"graph_update_mode", TypeSet{A, M}, &Facts::graph_update_mode},
    FactKey{"check_related_images", TypeSet{A}, &Facts::check_related_images},
    FactKey{"omps_operator_version", TypeSet{A}, &Facts::omps_operator_version, FactForm::object},
    FactKey{"bundle_image", TypeSet{G}, &Facts::bundle_image},
    FactKey{"from_bundle_image", TypeSet{G}, &Facts::from_bundle_image},
    FactKey{"from_bundle_image_resolved", TypeSet{G}, &Facts::from_bundle_image_resolved},
    FactKey{"bundle_replacements", TypeSet{G}, &Facts::bundle_replacements, FactForm::object},
    FactKey{"source_from_index", TypeSet{M}, &Facts::source_from_index},
    FactKey{"source_from_index_resolved", TypeSet{M}, &Facts::source_from_index_resolved},
    FactKey{"target_index", TypeSet{M}, &Facts::target_index},
    FactKey{"target_index_resolved", TypeSet{M}, &Facts::target_index_resolved},
    FactKey{"ignore_bundle_ocp_version", TypeSet{M}, &Facts::ignore_bundle_ocp_version},
    FactKey{"labels", TypeSet{E}, &Facts::labels, FactForm::object_or_null},
    FactKey{"parent_bundle_image", TypeSet{Q}, &Facts::parent_bundle_image},
    FactKey{"parent_bundle_image_resolved", TypeSet{Q}, &Facts::parent_bundle_image_resolved},
    FactKey{"operator_package", TypeSet{D}, &Facts::operator_package},
};

}  // namespace

std::span<const FactKey> fact_keys() {
  return kFactKeys;
}

}  // namespace iib::model
