#pragma once

#include "web/api.hpp"

namespace iib::web {

// One function per endpoint; what goes wrong is thrown.

/// GET /api/v1/builds (rest-api 6).
[[nodiscard]] Answer list_builds(const Services& services, const Call& call);
/// GET /api/v1/builds/{id}.
[[nodiscard]] Answer show_build(const Services& services, const Call& call);
/// GET /api/v1/builds/{id}/logs (rest-api 7).
[[nodiscard]] Answer show_logs(const Services& services, const Call& call);
/// POST /api/v1/builds/add (rest-api 3.4).
[[nodiscard]] Answer submit_add(const Services& services, const Call& call);
/// POST /api/v1/builds/rm (rest-api 3.5).
[[nodiscard]] Answer submit_rm(const Services& services, const Call& call);
/// GET /api/v1/healthcheck.
[[nodiscard]] Answer check_health(const Services& services, const Call& call);
/// GET /: a page for humans.
[[nodiscard]] Answer show_page(const Services& services, const Call& call);
/// GET /static/api_v1.yaml: the OpenAPI description.
[[nodiscard]] Answer show_description(const Services& services, const Call& call);

}  // namespace iib::web
