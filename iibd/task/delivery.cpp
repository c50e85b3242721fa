#include "delivery.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

namespace iib::task {
namespace {

constexpr auto kScopeLabel = "com.redhat.index.delivery.distribution_scope";

std::optional<Scope> scope_from(std::string_view text) {
  for (const auto scope : {Scope::dev, Scope::stage, Scope::prod}) {
    if (text == to_string(scope)) return scope;
  }
  return std::nullopt;
}

/// What is configured for `delivery`; empty: nothing.
std::string configured_image(const BinaryImages& configured, const Delivery& delivery) {
  const auto by_version = configured.find(std::string{to_string(delivery.scope)});
  if (by_version == configured.end()) return {};
  const auto image = by_version->second.find(delivery.version);
  return image == by_version->second.end() ? std::string{} : image->second;
}

}  // namespace

std::string_view to_string(Scope scope) noexcept {
  switch (scope) {
    case Scope::dev:
      return "dev";
    case Scope::stage:
      return "stage";
    case Scope::prod:
      return "prod";
  }
  return "unknown";
}

Delivery delivery_of(const std::map<std::string, std::string>& labels, std::string_view pull_spec) {
  Delivery delivery;
  const auto version = labels.find(kVersionLabel);
  if (version != labels.end() && !version->second.empty()) delivery.version = version->second;
  const auto label = labels.find(kScopeLabel);
  if (label == labels.end() || label->second.empty()) return delivery;
  const auto scope = scope_from(label->second);
  if (!scope) {
    throw UserError{fmt::format(
        "index image {} has the label {}={}, which is none of dev, stage, prod: correct the label",
        pull_spec, kScopeLabel, label->second)};
  }
  delivery.scope = *scope;
  return delivery;
}

Scope choose_scope(Scope old, const std::optional<std::string>& requested) {
  if (!requested) return old;
  const auto wanted = scope_from(*requested);
  if (!wanted) {
    throw UserError{
        fmt::format("distribution_scope must be dev, stage or prod, not '{}'", *requested)};
  }
  if (*wanted <= old) return *wanted;
  throw UserError{
      fmt::format("distribution_scope cannot be {}: the index is for {} only; leave the parameter "
                  "out or give {} or a lower one",
                  to_string(*wanted), to_string(old), to_string(old))};
}

std::map<std::string, std::string> index_labels(const Delivery& delivery,
                                                std::string_view place_label,
                                                std::string_view place,
                                                const std::map<std::string, std::string>& more) {
  auto labels = more;  // a label that is there already stays
  labels.emplace(kVersionLabel, delivery.version);
  labels.emplace(kScopeLabel, to_string(delivery.scope));
  labels.emplace(place_label, place);
  return labels;
}

std::string choose_binary_image(const BinaryImages& configured,
                                const std::optional<std::string>& requested,
                                const Delivery& delivery) {
  auto known = configured_image(configured, delivery);
  const auto of_what = fmt::format("distribution scope {} and version {}",
                                   to_string(delivery.scope), delivery.version);
  if (!requested) {
    if (!known.empty()) return known;
    throw UserError{fmt::format(
        "there is no binary image for {} in iib_binary_image_config: give binary_image", of_what)};
  }
  if ((*requested == kScratch) == (known == kScratch)) return *requested;
  if (known == kScratch) {
    throw UserError{
        fmt::format("binary_image must be scratch for {}, not {}", of_what, *requested)};
  }
  throw UserError{fmt::format("binary_image must not be scratch for {}: give an image", of_what)};
}

}  // namespace iib::task
