#include "catalog/fbc/findings.hpp"

#include "catalog/shown_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace iib::catalog::fbc {
namespace {

std::string place_text(const BlobPlace& place) {
  if (place.file.empty()) return {};
  auto text = shown(place.file);
  if (place.number > 0) text += fmt::format(", blob {}", place.number);
  if (place.line > 0) text += fmt::format(" (line {})", place.line);
  return text;
}

std::string refusing(const Releases& releases) {
  if (releases.all()) return {};
  if (releases.from <= Releases::kFirst) {
    return fmt::format("; opm before 1.{} refuses the catalog for it", releases.before);
  }
  return fmt::format("; opm from 1.{} on refuses the catalog for it", releases.from);
}

}  // namespace

std::string_view to_string(Rule rule) {
  switch (rule) {
    case Rule::unreadable:
      return "unreadable";
    case Rule::syntax:
      return "syntax";
    case Rule::no_schema:
      return "no-schema";
    case Rule::field_type:
      return "field-type";
    case Rule::too_large:
      return "too-large";
    case Rule::property:
      return "property";
    case Rule::package_name:
      return "package-name";
    case Rule::package_duplicate:
      return "package-duplicate";
    case Rule::package_unknown:
      return "package-unknown";
    case Rule::channel_name:
      return "channel-name";
    case Rule::channel_duplicate:
      return "channel-duplicate";
    case Rule::entry_duplicate:
      return "entry-duplicate";
    case Rule::bundle_duplicate:
      return "bundle-duplicate";
    case Rule::package_property:
      return "package-property";
    case Rule::version:
      return "version";
    case Rule::bundle_in_no_channel:
      return "bundle-in-no-channel";
    case Rule::bundle_missing:
      return "bundle-missing";
    case Rule::deprecation:
      return "deprecation";
    case Rule::default_channel:
      return "default-channel";
    case Rule::no_channels:
      return "no-channels";
    case Rule::channel_empty:
      return "channel-empty";
    case Rule::no_head:
      return "no-head";
    case Rule::multiple_heads:
      return "multiple-heads";
    case Rule::cycle:
      return "cycle";
    case Rule::stranded:
      return "stranded";
    case Rule::name_missing:
      return "name-missing";
    case Rule::skip_empty:
      return "skip-empty";
    case Rule::image_missing:
      return "image-missing";
    case Rule::image_reference:
      return "image-reference";
    case Rule::version_duplicate:
      return "version-duplicate";
    case Rule::serve_cache:
      return "serve-cache";
  }
  return "unknown";
}

std::string to_text(const Finding& finding) {
  const auto place = place_text(finding.place);
  return fmt::format("{}{}{}{}", place, place.empty() ? "" : ": ", finding.text,
                     refusing(finding.refused_by));
}

Problem to_problem(const Finding& finding) {
  ProblemKind kind = ProblemKind::invalid_index;
  switch (finding.rule) {
    case Rule::no_head:
    case Rule::multiple_heads:
    case Rule::channel_empty:
      kind = ProblemKind::invalid_graph;
      break;
    case Rule::cycle:
      kind = ProblemKind::cycle;
      break;
    case Rule::stranded:
      kind = ProblemKind::prunes;
      break;
    case Rule::default_channel:
    case Rule::no_channels:
      kind = ProblemKind::default_channel;
      break;
    case Rule::package_duplicate:
    case Rule::channel_duplicate:
    case Rule::entry_duplicate:
    case Rule::bundle_duplicate:
    case Rule::version_duplicate:
      kind = ProblemKind::exists;
      break;
    case Rule::package_unknown:
    case Rule::bundle_missing:
      kind = ProblemKind::not_found;
      break;
    default:
      break;
  }
  return {.kind = kind,
          .bundle = finding.bundle,
          .pull_spec = {},
          .package = finding.package,
          .channel = finding.channel,
          .text = to_text(finding)};
}

void Findings::add(Stage stage, Finding finding) {
  auto& list = finding.refused_by.all() ? problems_ : warnings_;
  if (list.size() >= kMost) {
    cut_ = true;
    return;
  }
  list.emplace_back(stage, std::move(finding));
}

void Findings::add_all(Findings other) {
  for (auto& [stage, finding] : other.problems_) add(stage, std::move(finding));
  for (auto& [stage, finding] : other.warnings_) add(stage, std::move(finding));
  cut_ = cut_ || other.cut_;
}

bool Findings::has_load_problem() const {
  return std::any_of(problems_.begin(), problems_.end(),
                     [](const auto& staged) { return staged.first == Stage::load; });
}

void Findings::take(Validation& validation) {
  for (auto* list : {&problems_, &warnings_}) {
    std::stable_sort(list->begin(), list->end(), [](const auto& a, const auto& b) {
      return std::tie(a.first, a.second.place.file, a.second.place.number) <
             std::tie(b.first, b.second.place.file, b.second.place.number);
    });
    auto& target = list == &problems_ ? validation.problems : validation.warnings;
    for (auto& [stage, finding] : *list) target.push_back(std::move(finding));
  }
  if (!cut_) return;
  Finding rest;
  rest.rule = Rule::too_large;
  rest.text = "there may be more to say: put these right and validate again";
  (validation.problems.empty() ? validation.warnings : validation.problems)
      .push_back(std::move(rest));
}

}  // namespace iib::catalog::fbc
