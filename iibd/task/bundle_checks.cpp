#include "bundle_checks.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <vector>

namespace iib::task {

void require_labels(const Context& context, std::span<const ResolvedBundle> bundles) {
  for (const auto& bundle : bundles) {
    for (const auto& [name, value] : context.settings().required_labels) {
      const auto label = bundle.labels.find(name);
      if (label != bundle.labels.end() && label->second == value) continue;
      throw UserError{fmt::format(
          "bundle {} must have the label {}={}, but {}: build the bundle with that label",
          bundle.given, name, value,
          label == bundle.labels.end() ? std::string{"does not have it"}
                                       : fmt::format("has the value '{}'", label->second))};
    }
  }
}

void require_gate(const Context& context, std::span<const ResolvedBundle> bundles) {
  const auto& services = context.settings().services;
  const auto settings = services.gated_queues.find(context.job().queue);
  if (settings == services.gated_queues.end()) {
    context.log().info("queue '{}' has no settings for gating: Greenwave is not asked",
                       context.job().queue);
    return;
  }
  std::vector<gate::GatedBundle> gated;
  for (const auto& bundle : bundles) gated.push_back({bundle.given, bundle.labels});
  services.greenwave.value().require_satisfied(gated, settings->second, context.cancellation(),
                                               context.log());
}

}  // namespace iib::task
