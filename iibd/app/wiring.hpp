#pragma once

#include "iib/config/config.hpp"
#include "iib/io/artifacts.hpp"
#include "iib/messaging/amqp_sender.hpp"
#include "iib/notify/publisher.hpp"
#include "iib/notify/webhook.hpp"
#include "iib/scheduler/scheduler.hpp"
#include "iib/store/store.hpp"
#include "iib/task/task.hpp"
#include "iib/web/server.hpp"
#include "messages.hpp"
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

/// How brokers are reached; nothing when none is configured.
[[nodiscard]] std::optional<messaging::SenderOptions> sender_options(const config::Config& config);
[[nodiscard]] notify::PublisherOptions publisher_options(const config::Config& config);
/// The channel of a webhook in the outbox.
[[nodiscard]] std::string webhook_channel(const config::Webhook& webhook);
[[nodiscard]] notify::WebhookOptions webhook_options(const config::Config& config,
                                                     const config::Webhook& webhook);

[[nodiscard]] web::Options web_options(const config::Config& config);
/// The hooks tell `scheduler` what was submitted and what was ended, ask `messages`, and hear of
/// new states by `news`.
[[nodiscard]] web::Hooks web_hooks(const config::Config& config, scheduler::Scheduler& scheduler,
                                   const Messages& messages, notify::EventHub& news);

}  // namespace iib::app
