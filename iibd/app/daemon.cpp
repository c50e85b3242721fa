#include "iib/app/daemon.hpp"

#include "engines.hpp"
#include "expiry.hpp"
#include "iib/base/error.hpp"
#include "iib/scheduler/scheduler.hpp"
#include "iib/web/server.hpp"
#include "logs.hpp"
#include "messages.hpp"
#include "service_manager.hpp"
#include "signals.hpp"
#include "state_directory.hpp"
#include "wiring.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <thread>

namespace iib::app {
namespace {

/// So many times as much may the cache of layers take (`iib_layer_cache_size`).
constexpr std::uint64_t kLayerCachePerKeptCatalogs = 4;

void greet(const config::Loaded& loaded, const Log& log) {
  for (const auto& warning : loaded.warnings) log.warning("{}", warning);
  if (loaded.config.dev) {
    log.warning(
        "THIS IS A DEVELOPMENT SERVER: state below the working directory, {}. Never use it for "
        "real requests",
        loaded.config.login_disabled ? "anybody may submit" : "login as configured");
  }
}

/// What runs a claimed job: the task of its type with the engines of this daemon.
scheduler::RunJob job_runner(const task::Environment& environment) {
  return [&environment](const store::ClaimedJob& claimed, task::Progress& progress,
                        const Cancellation& cancellation) {
    const task::Job job{.queue = claimed.queue,
                        .request = claimed.request,
                        .arguments = claimed.arguments,
                        .secrets = claimed.secrets};
    return task::run(job, environment, progress, cancellation);
  };
}

/// Beside the first requests: it takes a while, and a build that needs it waits for it.
void sweep(const Images& images, const Cancellation& cancellation, const Log& log) {
  try {
    images.sweep(cancellation);
  } catch (const Cancelled&) {
    return;
  } catch (const std::exception& error) {
    log.warning("what an earlier run left is not swept yet, the next build tries again: {}",
                error.what());
  }
}

}  // namespace

void serve(const config::Loaded& loaded) {
  const auto& config = loaded.config;
  Signals signals;
  const Logs logs{config};
  const auto log = logs.module("app");
  greet(loaded, log);

  const StateDirectory state{config.state_dir};
  io::ProgramRunner programs{state.programs()};  // ends what a dead daemon left running
  state.sweep();
  const SystemClock clock;
  notify::EventHub news;
  auto database = store_options(config, state);
  database.on_new_states = [&news] { news.publish(); };
  store::Store store{std::move(database), clock, logs.module("store")};
  Messages messages{config, store, clock, news, logs};
  io::LocalArtifacts artifacts{artifact_folders(config), config.request_log_size};

  const auto images = make_images(config, state, programs, logs.module("image"));
  const auto catalogs = make_catalog_engine(config, programs);
  const auto settings = task_settings(config, state);
  task::SharedLookups lookups;
  task::KeptCatalogs kept_catalogs{settings.work_root,
                                   config.layer_cache_size / kLayerCachePerKeptCatalogs};
  const task::Environment environment{.settings = settings,
                                      .images = *images.engine,
                                      .catalogs = *catalogs.engine,
                                      .lookups = lookups,
                                      .artifacts = artifacts,
                                      .kept_catalogs = kept_catalogs};

  scheduler::Scheduler scheduler{scheduler_options(config, state), store, job_runner(environment),
                                 [&](RequestId id) { return logs.request(id, artifacts); },
                                 logs.module("scheduler")};
  web::Server server{web_options(config),
                     store,
                     artifacts,
                     clock,
                     web_hooks(config, scheduler, messages, news),
                     logs.module("web"),
                     logs.module("http")};
  server.start();
  std::jthread sweeper{
      [&](std::stop_token stop) { sweep(images, Cancellation{std::move(stop)}, log); }};
  std::jthread deleter{[&](std::stop_token stop) {
    keep_deleting_expired({.store = store,
                           .artifacts = artifacts,
                           .clock = clock,
                           .data_lifetime = config.request_data_days_to_live},
                          Cancellation{std::move(stop)}, log);
  }};
  for (const auto& address : server.addresses()) {
    const auto* const scheme = config.tls_certificate ? "https://" : "http://";
    log.info("listening on {}{}", address.starts_with("unix:") ? "" : scheme, address);
  }
  tell_service_manager(ServiceState::ready);

  auto signal = signals.wait();
  for (; signal.order == Order::reload; signal = signals.wait()) {
    log.info("reading users and TLS certificate anew on {}; other options need a restart",
             signal.name);
    server.reload();
  }
  tell_service_manager(ServiceState::stopping);
  log.info("stopping on signal {}", signal.name);
  sweeper.request_stop();
  deleter.request_stop();
  server.stop();
  scheduler.stop();
  messages.stop();
  log.info("stopped; unfinished jobs stay queued");
}

}  // namespace iib::app
