#pragma once

#include "iib/config/config.hpp"
#include "iib/io/artifacts.hpp"
#include "iib/scheduler/scheduler.hpp"
#include "iib/store/store.hpp"
#include "iib/task/task.hpp"
#include "iib/web/server.hpp"
#include "state_directory.hpp"

namespace iib::app {

// What each part needs to know, taken from the configuration: one function a part.

[[nodiscard]] store::Options store_options(const config::Config& config,
                                           const StateDirectory& state);
[[nodiscard]] std::map<io::ArtifactKind, std::filesystem::path> artifact_folders(
    const config::Config& config);
[[nodiscard]] task::Settings task_settings(const config::Config& config,
                                           const StateDirectory& state);
[[nodiscard]] scheduler::Options scheduler_options(const config::Config& config,
                                                   const StateDirectory& state);

[[nodiscard]] web::Options web_options(const config::Config& config);
/// The hooks tell `scheduler` what was submitted and what was ended.
[[nodiscard]] web::Hooks web_hooks(const config::Config& config, scheduler::Scheduler& scheduler);

}  // namespace iib::app
