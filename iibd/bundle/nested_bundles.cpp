#include "core_rules.hpp"
#include "customization_steps.hpp"
#include "iib/bundle/regenerate.hpp"
#include "later_rules.hpp"
#include "regenerate_bundle.hpp"

#include <algorithm>
#include <utility>

namespace iib::bundle {
namespace {

using LaterCustomizations = std::vector<config::Customization>;

/// What comes before the step `related_bundles`; everything where there is none.
LaterCustomizations before_related_bundles(LaterCustomizations steps) {
  const auto end = std::ranges::find(steps, config::CustomizationType::related_bundles,
                                     &config::Customization::type);
  steps.erase(end, steps.end());
  return steps;
}

/// `customizing` without what follows the search.
Customizing cut_short(const std::optional<Customizing>& customizing) {
  if (!customizing) return {.rules = LaterCustomizations{}};
  auto cut = *customizing;
  if (auto* const steps = std::get_if<LaterCustomizations>(&cut.rules)) {
    *steps = before_related_bundles(std::move(*steps));
  }
  return cut;
}

}  // namespace

std::vector<std::string> nested_bundles(const BundleFiles& bundle,
                                        const std::optional<Customizing>& customizing,
                                        const Labels& bundle_labels, ImageLookup& lookup,
                                        const Cancellation& cancellation) {
  const Order order{.customizing = cut_short(customizing),
                    .bundle_labels = bundle_labels,
                    .bundle_replacements = {}};
  Bundle work{bundle, order, lookup, cancellation};
  const auto& rules = order.customizing.rules;
  if (const auto* core = std::get_if<config::CoreCustomizations>(&rules)) {
    apply_core_rules(work, *core);
  } else {
    apply_later_rules(work, std::get<LaterCustomizations>(rules));
  }
  find_related_bundles(work);
  return std::move(work.related_bundles).value();
}

}  // namespace iib::bundle
