#pragma once

#include "iib/gate/greenwave.hpp"
#include "iib/legacy/omps.hpp"

#include <map>
#include <optional>
#include <string>

namespace iib::task {

/// The services that a build asks besides registries.
struct Services {
  /// What Greenwave is asked by the jobs of a queue (`iib_greenwave_config`); jobs of other queues
  /// are not gated.
  std::map<std::string, gate::GatingSettings> gated_queues{};
  std::optional<gate::Greenwave> greenwave{};  ///< There when a queue is gated.
  std::optional<legacy::Omps> omps{};          ///< There when `iib_omps_url` is set.
};

}  // namespace iib::task
