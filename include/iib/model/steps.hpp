#pragma once

#include "iib/model/request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iib::model {

/// One step of a build. The steps are the states that the build told while it was in progress; the
/// acceptance of the request is none of them, so there is none before the build begins.
///
/// A step is `in_progress` until the next state: a further step or a complete request makes it
/// `complete`, a failed request `failed`. A build that begins again, because the daemon was stopped
/// or died, keeps the steps of the run before: the last of them is `failed`, and the steps of the
/// new run follow.
struct Step {
  std::string name;                                ///< What is done, in the build's own words.
  RequestState state = RequestState::in_progress;  ///< Where it stands.
  Timestamp started;                               ///< When it was told.
  std::optional<Timestamp> ended;                  ///< Unset while it lasts, or when nobody knows.
  std::optional<std::string> detail;               ///< Why it failed, or what it ended with.
};

/// The steps of the build of `request`, which has its whole history; oldest first. `running` is the
/// claim under which its job runs now, if it does.
[[nodiscard]] std::vector<Step> steps_of(const Request& request,
                                         std::optional<std::int64_t> running);

/// The JSON text of an array of `{name, state, started, ended, detail}` (rest-api 2).
[[nodiscard]] std::string steps_document(const std::vector<Step>& steps);

}  // namespace iib::model
