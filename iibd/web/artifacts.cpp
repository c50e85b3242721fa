#include "web/handlers.hpp"
#include "web/ranges.hpp"

#include <fmt/format.h>

namespace iib::web {
namespace {

/// Which artifact an endpoint shows, and of which requests.
struct Shown {
  io::ArtifactKind kind;
  model::RequestType type;
  std::string_view name;
};

constexpr Shown kRelatedBundles{io::ArtifactKind::related_bundles,
                                model::RequestType::regenerate_bundle, "related bundles"};
constexpr Shown kNestedBundles{io::ArtifactKind::nested_bundles,
                               model::RequestType::recursive_related_bundles, "nested bundles"};

void require_type(const model::Request& request, model::RequestType type) {
  if (request.type == type) return;
  throw Refusal{400, fmt::format("request {} is of the type {}, but only those of the type {} have "
                                 "what was asked for",
                                 request.id.value(), to_string(request.type), to_string(type))};
}

void require_final(const model::Request& request, const Shown& shown) {
  if (is_final(request.history.front().state)) return;
  throw Refusal{400, fmt::format("request {} is not finished yet; ask for its {} once its state is "
                                 "complete or failed",
                                 request.id.value(), shown.name)};
}

HttpResponse send(std::shared_ptr<const io::OpenArtifact> artifact) {
  HttpResponse response;
  const auto size = artifact->size();
  response.source = BodySource{
      .size = size, .read = [artifact = std::move(artifact)](std::uintmax_t at, std::size_t bytes) {
        return artifact->read(at, bytes);
      }};
  return response;
}

[[noreturn]] void refuse_missing(const Services& services, const model::Request& request,
                                 const Shown& shown) {
  const auto id = request.id.value();
  if (services.clock.now() > expiration(request, services.options.data_lifetime)) {
    throw Refusal{410,
                  fmt::format("the {} of request {} have expired and are gone", shown.name, id)};
  }
  auto text = fmt::format("the {} of request {} could not be found", shown.name, id);
  const auto& organization = request.facts.organization;
  if (shown.kind == io::ArtifactKind::related_bundles && organization) {
    text += fmt::format(
        "; whether they are collected is set for organization '{}' in "
        "iib_organization_customizations (step related_bundles)",
        *organization);
  }
  throw Refusal{500, text};
}

/// The decision table of rest-api 7, top to bottom.
HttpResponse show(const Services& services, const Call& call, const Shown& shown) {
  if (!services.artifacts.configured(shown.kind)) throw NotFound{};
  const auto request = services.store.find(call.id);
  if (!request) throw NotFound{};
  require_type(*request, shown.type);
  require_final(*request, shown);
  if (auto artifact = services.artifacts.open(shown.kind, call.id)) {
    return in_range(send(std::move(artifact)), call.request);
  }
  refuse_missing(services, *request, shown);
}

}  // namespace

Answer show_related_bundles(const Services& services, const Call& call) {
  return show(services, call, kRelatedBundles);
}

Answer show_nested_bundles(const Services& services, const Call& call) {
  return show(services, call, kNestedBundles);
}

Answer show_deprecation_schema(const Services& services, const Call& call) {
  auto request = services.store.find(call.id);
  if (!request) throw NotFound{};
  require_type(*request, model::RequestType::add_deprecations);
  HttpResponse response;
  response.body = std::move(request->facts.deprecation_schema).value();
  return response;
}

}  // namespace iib::web
