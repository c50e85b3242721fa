#include "iib/model/steps.hpp"

#include "iib/model/json_writer.hpp"

namespace iib::model {
namespace {

constexpr auto kInterrupted =
    "interrupted, because the service was stopped or died: the build begins again";

/// Whether another run of the job told `next`. A state told from outside belongs to whatever runs.
bool in_another_run(const StateEntry& entry, const StateEntry& next) {
  return entry.claim && next.claim && *entry.claim != *next.claim;
}

void end_by(Step& step, const StateEntry& entry, const StateEntry& next) {
  step.ended = next.updated;
  step.state = RequestState::complete;
  if (next.state != RequestState::in_progress) {
    step.state = next.state;
    step.detail = next.reason;
  } else if (in_another_run(entry, next)) {
    step.state = RequestState::failed;
    step.detail = kInterrupted;
  }
}

}  // namespace

std::vector<Step> steps_of(const Request& request, std::optional<std::int64_t> running) {
  std::vector<Step> steps;
  const auto& history = request.history;  // newest first; the last one is the acceptance
  for (auto at = history.size() - 1; at-- > 0;) {
    const auto& entry = history[at];
    if (is_final(entry.state)) break;
    Step step{.name = entry.reason,
              .state = RequestState::in_progress,
              .started = entry.updated,
              .ended = {},
              .detail = {}};
    if (at > 0) {
      end_by(step, entry, history[at - 1]);
    } else if (entry.claim && entry.claim != running) {
      step.state = RequestState::failed;
      step.detail = kInterrupted;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

std::string steps_document(const std::vector<Step>& steps) {
  JsonWriter json;
  json.begin_array();
  for (const auto& step : steps) {
    json.begin_object();
    json.member("name", step.name);
    json.member("state", to_string(step.state));
    json.member("started", to_iso8601(step.started));
    json.member("ended", step.ended ? std::optional{to_iso8601(*step.ended)} : std::nullopt);
    json.member("detail", step.detail);
    json.end_object();
  }
  json.end_array();
  return json.text();
}

}  // namespace iib::model
