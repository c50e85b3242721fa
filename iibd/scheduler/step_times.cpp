#include "scheduler/step_times.hpp"

#include <utility>

namespace iib::scheduler {
namespace {

double seconds_since(std::chrono::steady_clock::time_point moment) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - moment).count();
}

}  // namespace

StepTimes::StepTimes(RequestId request, Log log) : request_{request}, log_{std::move(log)} {}

void StepTimes::begin(std::string step) {
  end("complete");
  step_ = std::move(step);
  step_began_ = Clock::now();
  log_.event("request {request} is {state}: {step}",
             {{"request", request_.value()}, {"state", "in_progress"}, {"step", step_}});
}

void StepTimes::end(std::string_view outcome) {
  if (step_.empty()) return;
  log_.event("request {request}: {outcome} after {seconds} s: {step}",
             {{"request", request_.value()},
              {"outcome", outcome},
              {"seconds", seconds_since(step_began_)},
              {"step", step_}});
  step_.clear();
}

void StepTimes::finish(std::string_view state, std::string_view reason) const {
  log_.event("request {request} is {state}: {reason} (after {seconds} s)",
             {{"request", request_.value()},
              {"state", state},
              {"reason", reason},
              {"seconds", seconds_since(began_)}});
}

}  // namespace iib::scheduler
