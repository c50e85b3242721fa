#pragma once

#include "iib/base/log.hpp"
#include "iib/model/request.hpp"

#include <string>

namespace iib::task {

/// Where a task reports: its only way out besides the engines. Each call is stored before it
/// returns. Throws Cancelled when the job is no longer this worker's.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A visible state (in_progress) with what was learned, in one transaction.
  virtual void state(std::string reason, model::Learned learned) = 0;
  /// What was learned, without a state.
  virtual void learn(model::Learned learned) = 0;
  /// Asked right before something that others see (the final push): is this job still ours?
  virtual void confirm_claim() = 0;
  /// The request's log.
  [[nodiscard]] virtual const Log& log() const = 0;
};

}  // namespace iib::task
