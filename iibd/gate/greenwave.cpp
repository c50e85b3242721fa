#include "iib/gate/greenwave.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <set>
#include <utility>
#include <vector>

namespace iib::gate {
namespace {

/// What Greenwave said about one bundle.
struct Decision {
  bool satisfied = false;
  std::set<std::string> missing_tests;
};

/// The name of the build: `<component>-<version>-<release>`.
std::string build_of(const GatedBundle& bundle) {
  constexpr std::array kLabels{"com.redhat.component", "version", "release"};
  std::vector<std::string> parts;
  for (const auto* name : kLabels) {
    const auto label = bundle.labels.find(name);
    if (label == bundle.labels.end() || label->second.empty()) {
      throw UserError{
          fmt::format("bundle {} cannot be gated: it has no label {}, which is part of the name of "
                      "its build; build the bundle with the labels {}",
                      bundle.pull_spec, name, fmt::join(kLabels, ", "))};
    }
    parts.push_back(label->second);
  }
  return fmt::format("{}", fmt::join(parts, "-"));
}

io::HttpRequest question(const std::string& build, const GatingSettings& settings) {
  rapidjson::StringBuffer buffer;
  io::JsonWriter json{buffer};
  json.StartObject();
  const auto member = [&json](const char* key, const std::string& value) {
    json.Key(key);
    json.String(value);
  };
  member("decision_context", settings.decision_context);
  member("product_version", settings.product_version);
  member("subject_type", settings.subject_type);
  member("subject_identifier", build);
  json.EndObject();
  io::HttpRequest request;
  request.method = "POST";
  request.target = "decision";
  request.content_type = "application/json";
  request.body = buffer.GetString();
  return request;
}

[[noreturn]] void fail(const GatedBundle& bundle, const std::string& problem) {
  throw ExternalError{
      fmt::format("Greenwave could not decide about bundle {}: {}", bundle.pull_spec, problem),
      ExternalError::Retry::no};
}

std::set<std::string> missing_tests(const io::JsonValue& document) {
  std::set<std::string> tests;
  const auto* requirements = io::find_member(document, "unsatisfied_requirements");
  if (requirements == nullptr || !requirements->IsArray()) return tests;
  for (const auto& requirement : requirements->GetArray()) {
    if (const auto test = io::text_member(requirement, "testcase")) tests.emplace(*test);
  }
  return tests;
}

Decision read_decision(const GatedBundle& bundle, const io::HttpAnswer& answer) {
  if (answer.status < 200 || answer.status > 299) {
    const auto told = io::told_by(answer);
    fail(bundle, fmt::format("it answered {}{}{}; check iib_greenwave_url", answer.status,
                             told.empty() ? "" : ": ", told));
  }
  const auto document = [&] {
    try {
      return io::parse_json(answer.body, {.name = "its answer", .max_depth = 64});
    } catch (const UserError& error) {
      fail(bundle, error.what());
    }
  }();
  const auto* satisfied = io::find_member(document, "policies_satisfied");
  if (satisfied == nullptr || !satisfied->IsBool()) {
    fail(bundle, "its answer has no key policies_satisfied with true or false");
  }
  return {.satisfied = satisfied->GetBool(), .missing_tests = missing_tests(document)};
}

}  // namespace

Greenwave::Greenwave(io::HttpServiceOptions options) : service_{std::move(options)} {}

void Greenwave::require_satisfied(std::span<const GatedBundle> bundles,
                                  const GatingSettings& settings, const Cancellation& cancellation,
                                  const Log& log) const {
  std::vector<std::string> refused;
  std::set<std::string> tests;
  for (const auto& bundle : bundles) {
    const auto build = build_of(bundle);
    const auto answer = [&] {
      try {
        return service_.send(question(build, settings), cancellation, log);
      } catch (const ExternalError& error) {
        fail(bundle, error.what());
      }
    }();
    auto decision = read_decision(bundle, answer);
    log.info("Greenwave: the policies of {} ({}) are {}", bundle.pull_spec, build,
             decision.satisfied ? "satisfied" : "not satisfied");
    if (decision.satisfied) continue;
    refused.push_back(bundle.pull_spec);
    tests.merge(decision.missing_tests);
  }
  if (refused.empty()) return;
  throw UserError{fmt::format(
      "Greenwave's policies are not satisfied for {} (decision_context {}, product_version {}, "
      "subject_type {}){}{}: see to the missing results, then submit the request again",
      fmt::join(refused, ", "), settings.decision_context, settings.product_version,
      settings.subject_type,
      tests.empty() ? "" : "; missing test cases: ", fmt::join(tests, ", "))};
}

}  // namespace iib::gate
