#include "iib/base/error.hpp"
#include "steps.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace iib::task {
namespace {

constexpr auto kBackportLabel = "com.redhat.delivery.backport";

/// A label's text read as YAML 1.1 is true (pipeline 9.1).
bool is_true(std::string_view text) {
  constexpr std::array<std::string_view, 11> kTrue{"y",  "Y",  "yes",  "Yes",  "YES", "on",
                                                   "On", "ON", "true", "True", "TRUE"};
  return std::ranges::find(kTrue, text) != kTrue.end();
}

std::vector<std::string_view> unsupported_parameters(const Job& job) {
  const auto& facts = job.request.facts;
  std::vector<std::string_view> names;
  const auto note = [&](bool asked, std::string_view name) {
    if (asked) names.push_back(name);
  };
  note(job.arguments.overwrite_from_index, "overwrite_from_index");
  note(job.secrets.cnr_token.has_value(), "cnr_token");
  note(job.arguments.force_backport, "force_backport");
  note(!facts.deprecation_list.empty(), "deprecation_list");
  note(facts.graph_update_mode && *facts.graph_update_mode != "replaces", "graph_update_mode");
  note(facts.check_related_images.value_or(false), "check_related_images");
  note(facts.distribution_scope.has_value(), "distribution_scope");
  note(!facts.build_tags.empty(), "build_tags");
  return names;
}

void refuse_settings(const Job& job, const Settings& settings) {
  if (settings.gated_queues.contains(job.queue)) {
    throw UserError{
        fmt::format("this release cannot do the gating that iib_greenwave_config asks "
                    "for in queue '{}': the operator of this service must unset it",
                    job.queue)};
  }
  if (settings.labels_required) {
    throw UserError{
        "this release cannot check iib_required_labels: the operator of this service must unset "
        "it"};
  }
}

}  // namespace

void refuse_unsupported(const Job& job, const Settings& settings) {
  const auto parameters = unsupported_parameters(job);
  if (!parameters.empty()) {
    throw UserError{
        fmt::format("this release cannot do what these parameters ask for: {}; leave "
                    "them out",
                    fmt::join(parameters, ", "))};
  }
  if (job.request.type == model::RequestType::add) refuse_settings(job, settings);
  const auto& binary_image = job.request.facts.binary_image;
  if (!binary_image || *binary_image == "scratch") {
    throw UserError{
        "this release cannot choose a binary image from iib_binary_image_config or build without "
        "one: give binary_image"};
  }
}

void refuse_unsupported(std::span<const ResolvedBundle> bundles) {
  for (const auto& bundle : bundles) {
    const auto label = bundle.labels.find(kBackportLabel);
    if (label == bundle.labels.end() || !is_true(label->second)) continue;
    throw UserError{fmt::format(
        "bundle {} has the label {}={}: this release cannot push to the legacy app registry",
        bundle.given, kBackportLabel, label->second)};
  }
}

}  // namespace iib::task
