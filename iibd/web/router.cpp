#include "web/router.hpp"

#include "web/handlers.hpp"

#include <array>
#include <charconv>

namespace iib::web {
namespace {

constexpr std::string_view kIdSegment = "{id}";

constexpr std::array kRoutes{
    Route{"GET", "/", show_page},
    Route{"GET", "/static/api_v1.yaml", show_description},
    Route{"GET", "/api/v1/openapi.yaml", show_description},
    Route{"GET", "/api/v1/openapi.json", show_description_as_json},
    Route{"GET", "/api/v1/healthcheck", check_health},
    Route{"GET", "/api/v1/builds", list_builds},
    Route{"POST", "/api/v1/builds/add", submit_add},
    Route{"POST", "/api/v1/builds/rm", submit_rm},
    Route{"POST", "/api/v1/builds/regenerate-bundle", submit_regenerate_bundle},
    Route{"POST", "/api/v1/builds/regenerate-bundle-batch", submit_regenerate_bundle_batch},
    Route{"POST", "/api/v1/builds/add-rm-batch", submit_add_rm_batch},
    Route{"POST", "/api/v1/builds/merge-index-image", submit_merge_index_image},
    Route{"POST", "/api/v1/builds/create-empty-index", submit_create_empty_index},
    Route{"POST", "/api/v1/builds/recursive-related-bundles", submit_recursive_related_bundles},
    Route{"POST", "/api/v1/builds/fbc-operations", submit_fbc_operations},
    Route{"POST", "/api/v1/builds/add-deprecations", submit_add_deprecations},
    Route{"GET", "/api/v1/builds/{id}", show_build},
    Route{"PATCH", "/api/v1/builds/{id}", patch_build},
    Route{"POST", "/api/v1/builds/{id}/cancel", cancel_build},
    Route{"GET", "/api/v1/builds/{id}/steps", show_steps},
    Route{"GET", "/api/v1/builds/{id}/logs", show_logs},
    Route{"GET", "/api/v1/builds/{id}/events", follow_build_events},
    Route{"GET", "/api/v1/events", follow_events},
    Route{"GET", "/api/v1/builds/{id}/related_bundles", show_related_bundles},
    Route{"GET", "/api/v1/builds/{id}/nested-bundles", show_nested_bundles},
    Route{"GET", "/api/v1/builds/{id}/deprecation-schema", show_deprecation_schema},
};

std::string_view cut_segment(std::string_view& path) {
  const auto slash = path.find('/');
  const auto segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  return segment;
}

/// Digits only; a number that is 0 or beyond the integer range is no request's (rest-api 1.5).
std::optional<RequestId> parse_id(std::string_view segment) {
  std::int64_t number = 0;
  const auto* const end = segment.data() + segment.size();
  const auto [stop, problem] = std::from_chars(segment.data(), end, number);
  const bool digits = segment.find_first_not_of("0123456789") == std::string_view::npos;
  if (problem != std::errc{} || stop != end || !digits || number < 1) return std::nullopt;
  return RequestId{number};
}

/// The id in `path` (0 for a pattern without one) when it has the form of `pattern`.
std::optional<RequestId> match_path(std::string_view pattern, std::string_view path) {
  if (path.ends_with('/') != pattern.ends_with('/')) return std::nullopt;
  RequestId id;
  while (!pattern.empty() && !path.empty()) {
    const auto expected = cut_segment(pattern);
    const auto found = cut_segment(path);
    if (expected == kIdSegment) {
      const auto number = parse_id(found);
      if (!number) return std::nullopt;
      id = *number;
    } else if (expected != found) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return id;
}

void allow(std::string& allowed, std::string_view method) {
  if (!allowed.empty()) allowed += ", ";
  allowed += method;
  if (method == "GET") allowed += ", HEAD";
}

}  // namespace

std::optional<Match> find_route(std::string_view method, std::string_view path) {
  const auto wanted = method == "HEAD" ? std::string_view{"GET"} : method;
  std::optional<Match> match;
  for (const auto& route : kRoutes) {
    const auto id = match_path(route.path, path);
    if (!id) continue;
    if (!match) match.emplace();
    allow(match->allowed, route.method);
    if (route.method == wanted) {
      match->route = &route;
      match->id = *id;
    }
  }
  if (match) match->allowed += ", OPTIONS";
  return match;
}

}  // namespace iib::web
