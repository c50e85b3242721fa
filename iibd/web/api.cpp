#include "web/api.hpp"

#include "iib/base/error.hpp"
#include "web/router.hpp"

#include <fmt/format.h>

namespace iib::web {
namespace {

bool changes_something(std::string_view method) {
  return method == "POST" || method == "PATCH";
}

/// `host` or `host:port`, with nothing that could turn a URL into another one.
bool is_host(std::string_view text) {
  for (const char character : text) {
    const bool plain = (character >= '0' && character <= '9') ||
                       (character >= 'a' && character <= 'z') ||
                       (character >= 'A' && character <= 'Z') ||
                       std::string_view{"-._:[]"}.find(character) != std::string_view::npos;
    if (!plain) return false;
  }
  return !text.empty();
}

std::string base_url_of(const Options& options, const HttpRequest& request) {
  if (!options.external_url.empty()) return options.external_url;
  const auto hosts = request.header("Host");
  // HTTP/1.0 clients need not send one.
  const std::string_view scheme = request.peer.tls ? "https" : "http";
  if (hosts.empty()) return fmt::format("{}://localhost", scheme);
  if (hosts.size() > 1 || !is_host(hosts.front())) {
    throw Refusal{400, "the Host header must name one host"};
  }
  return fmt::format("{}://{}", scheme, hosts.front());
}

/// Names an unexpected failure in the answer and in the log, so that the one leads to the other.
HttpResponse unexpected(const Log& log, std::string_view what) {
  const auto incident = random_id();
  log.error("incident {}: an answer failed: {}", incident, one_line(what));
  return error_response(
      500, fmt::format("an internal error occurred; the server's log tells more under incident {}",
                       incident));
}

HttpResponse not_found() {
  return error_response(404, "the requested resource was not found");
}

HttpResponse method_not_allowed(std::string allowed) {
  auto response =
      error_response(405, fmt::format("the method is not allowed here; allowed: {}", allowed));
  response.allow = std::move(allowed);
  return response;
}

HttpResponse options_response(std::string allowed) {
  HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  response.allow = std::move(allowed);
  return response;
}

/// Runs `work`; what it throws becomes the answer.
template <class Result, class Work>
Result guard(const Log& log, const Work& work) {
  try {
    return work();
  } catch (const NotFound&) {
    return not_found();
  } catch (const Refusal& refusal) {
    return error_response(refusal.status(), refusal.what());
  } catch (const model::Forbidden& error) {
    return error_response(403, error.what());
  } catch (const store::KeyReused& error) {
    return error_response(409, error.what());
  } catch (const UserError& error) {
    return error_response(400, error.what());
  } catch (const std::exception& error) {
    return unexpected(log, error.what());
  } catch (...) {
    return unexpected(log, "something that is no std::exception");
  }
}

}  // namespace

model::DocumentOptions document_options(const Services& services, const std::string& base_url) {
  return {.base_url = base_url,
          .data_lifetime = services.options.data_lifetime,
          .logs_configured = services.artifacts.configured(io::ArtifactKind::request_log),
          .related_bundles_configured =
              services.artifacts.configured(io::ArtifactKind::related_bundles)};
}

Followers::Place enter(const Services& services, const Call& call) {
  // Front-ends speak for many clients, whom nobody tells apart.
  const auto& peer = call.request.peer.address;
  return services.followers.enter(services.options.trusted_proxies.trusts(peer) ? "" : peer);
}

Api::Api(Services services, const Authentication& authentication)
    : services_{services}, authentication_{authentication} {}

std::optional<HttpResponse> Api::refuse_early(const HttpRequest& head) const {
  // RFC 9112, 3.2. What the host may look like is decided where it is used.
  if (head.is_http11 && head.header("Host").size() != 1) {
    return error_response(400, "HTTP/1.1 needs one Host header");
  }
  if (head.target.size() > services_.options.limits.target_bytes) {
    return error_response(414, fmt::format("the URL is longer than the {} bytes that are allowed",
                                           services_.options.limits.target_bytes));
  }
  const auto target = parse_target(head.target);
  if (!target) return not_found();
  const auto match = find_route(head.method, target->path);
  if (!match) return not_found();
  if (head.method == "OPTIONS") return std::nullopt;
  if (match->route == nullptr) return method_not_allowed(match->allowed);
  return std::nullopt;
}

Identification Api::identify(const HttpRequest& head) const {
  if (!changes_something(head.method)) return Identity{};
  return guard<Identification>(services_.log, [&] { return authentication_.identify(head); });
}

Identified Api::identified(const FinishIdentified& finish) const {
  return guard<Identified>(services_.log, finish);
}

Answer Api::answer(const HttpRequest& request) const {
  if (auto refusal = refuse_early(request)) return std::move(*refusal);
  return guard<Answer>(services_.log, [&]() -> Answer {
    auto target = *parse_target(request.target);
    const auto match = *find_route(request.method, target.path);
    if (request.method == "OPTIONS") return options_response(match.allowed);
    const Call call{.request = request,
                    .target = std::move(target),
                    .id = match.id,
                    .user = request.identity.user,
                    .base_url = base_url_of(services_.options, request)};
    return match.route->handler(services_, call);
  });
}

HttpResponse Api::guarded(const Finish& finish) const {
  return guard<HttpResponse>(services_.log, finish);
}

}  // namespace iib::web
