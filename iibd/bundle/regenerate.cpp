#include "iib/bundle/regenerate.hpp"

#include "core_rules.hpp"
#include "later_rules.hpp"
#include "regenerate_bundle.hpp"

namespace iib::bundle {

Regenerated regenerate(const BundleFiles& bundle, const Order& order, ImageLookup& lookup,
                       const Cancellation& cancellation) {
  Bundle work{bundle, order, lookup, cancellation};
  const auto& rules = order.customizing.rules;
  if (const auto* core = std::get_if<config::CoreCustomizations>(&rules)) {
    apply_core_rules(work, *core);
  } else {
    apply_later_rules(work, std::get<std::vector<config::Customization>>(rules));
  }
  return work.result();
}

}  // namespace iib::bundle
