#pragma once

#include "web/api.hpp"

namespace iib::web {

// One function per endpoint; what goes wrong is thrown.

/// GET /api/v1/builds (rest-api 6).
[[nodiscard]] Answer list_builds(const Services& services, const Call& call);
/// GET /api/v1/builds/{id}.
[[nodiscard]] Answer show_build(const Services& services, const Call& call);
/// PATCH /api/v1/builds/{id} (rest-api 5).
[[nodiscard]] Answer patch_build(const Services& services, const Call& call);
/// POST /api/v1/builds/{id}/cancel (rest-api 2).
[[nodiscard]] Answer cancel_build(const Services& services, const Call& call);
/// GET /api/v1/builds/{id}/steps (rest-api 2): what each step is says model/steps.hpp.
[[nodiscard]] Answer show_steps(const Services& services, const Call& call);
/// GET /api/v1/builds/{id}/logs (rest-api 7).
[[nodiscard]] Answer show_logs(const Services& services, const Call& call);
/// GET /api/v1/builds/{id}/events: the changes of a request's state, as they come.
[[nodiscard]] Answer follow_build_events(const Services& services, const Call& call);
/// GET /api/v1/events: those of all requests.
[[nodiscard]] Answer follow_events(const Services& services, const Call& call);
/// GET /api/v1/builds/{id}/related_bundles (rest-api 7).
[[nodiscard]] Answer show_related_bundles(const Services& services, const Call& call);
/// GET /api/v1/builds/{id}/nested-bundles (rest-api 7).
[[nodiscard]] Answer show_nested_bundles(const Services& services, const Call& call);
/// GET /api/v1/builds/{id}/deprecation-schema (rest-api 7).
[[nodiscard]] Answer show_deprecation_schema(const Services& services, const Call& call);
/// POST /api/v1/builds/add (rest-api 3.4).
[[nodiscard]] Answer submit_add(const Services& services, const Call& call);
/// POST /api/v1/builds/rm (rest-api 3.5).
[[nodiscard]] Answer submit_rm(const Services& services, const Call& call);
/// POST /api/v1/builds/regenerate-bundle (rest-api 3.6).
[[nodiscard]] Answer submit_regenerate_bundle(const Services& services, const Call& call);
/// POST /api/v1/builds/regenerate-bundle-batch (rest-api 8).
[[nodiscard]] Answer submit_regenerate_bundle_batch(const Services& services, const Call& call);
/// POST /api/v1/builds/add-rm-batch (rest-api 8).
[[nodiscard]] Answer submit_add_rm_batch(const Services& services, const Call& call);
/// POST /api/v1/builds/merge-index-image (rest-api 3.7).
[[nodiscard]] Answer submit_merge_index_image(const Services& services, const Call& call);
/// POST /api/v1/builds/create-empty-index (rest-api 3.8).
[[nodiscard]] Answer submit_create_empty_index(const Services& services, const Call& call);
/// POST /api/v1/builds/recursive-related-bundles (rest-api 3.8).
[[nodiscard]] Answer submit_recursive_related_bundles(const Services& services, const Call& call);
/// POST /api/v1/builds/fbc-operations (rest-api 3.9).
[[nodiscard]] Answer submit_fbc_operations(const Services& services, const Call& call);
/// POST /api/v1/builds/add-deprecations (rest-api 3.9).
[[nodiscard]] Answer submit_add_deprecations(const Services& services, const Call& call);
/// GET /api/v1/healthcheck.
[[nodiscard]] Answer check_health(const Services& services, const Call& call);
/// GET /: a page for humans.
[[nodiscard]] Answer show_page(const Services& services, const Call& call);
/// GET /static/api_v1.yaml and GET /api/v1/openapi.yaml: the OpenAPI description.
[[nodiscard]] Answer show_description(const Services& services, const Call& call);
/// GET /api/v1/openapi.json: the same as JSON.
[[nodiscard]] Answer show_description_as_json(const Services& services, const Call& call);

}  // namespace iib::web
