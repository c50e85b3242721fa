#pragma once

#include "iib/base/id.hpp"
#include "iib/base/log.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace iib::scheduler {

/// Tells a request's log what state it is in, and how long each step took. One thread's.
class StepTimes {
 public:
  StepTimes(RequestId request, Log log);

  /// A step begins; the one before was done.
  void begin(std::string step);
  /// The last step ended, and is `outcome`: complete, failed or interrupted.
  void end(std::string_view outcome);
  /// The request ended.
  void finish(std::string_view state, std::string_view reason) const;

 private:
  using Clock = std::chrono::steady_clock;

  RequestId request_;
  Log log_;
  std::string step_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point step_began_ = began_;
};

}  // namespace iib::scheduler
