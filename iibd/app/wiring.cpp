#include "wiring.hpp"

#include "engines.hpp"
#include "iib/store/key.hpp"

namespace iib::app {
namespace {

std::vector<store::Receiver> receivers(const config::Config& config) {
  std::vector<store::Receiver> found;
  for (const auto& webhook : config.webhooks) {
    found.push_back({.channel = webhook_channel(webhook),
                     .destination = webhook.shown_url(),
                     .kinds = webhook.events});
  }
  return found;
}

}  // namespace

store::Options store_options(const config::Config& config, const StateDirectory& state) {
  return {.database = config.database,
          .key = store::load_key(store::key_places(config.secret_key_file, state.path())),
          .destinations = {.build_state = config.messaging_build_state_destination,
                           .batch_state = config.messaging_batch_state_destination},
          .receivers = receivers(config),
          .external_url = config.external_url,
          .data_lifetime = config.request_data_days_to_live,
          .related_bundles_configured = config.request_related_bundles_dir.has_value(),
          .order = config.fair_queues ? store::QueueOrder::users_in_turn
                                      : store::QueueOrder::submission};
}

std::map<io::ArtifactKind, std::filesystem::path> artifact_folders(const config::Config& config) {
  std::map<io::ArtifactKind, std::filesystem::path> folders;
  const auto place = [&](io::ArtifactKind kind, const auto& folder) {
    if (folder) folders[kind] = *folder;
  };
  place(io::ArtifactKind::request_log, config.request_logs_dir);
  place(io::ArtifactKind::related_bundles, config.request_related_bundles_dir);
  place(io::ArtifactKind::nested_bundles, config.request_recursive_related_bundles_dir);
  return folders;
}

namespace {

/// A call of a service and the option that bounds its time.
struct CallLimit {
  std::chrono::seconds longest;
  const char* option;
};

io::HttpServiceOptions service_options(const config::Config& config, std::string name,
                                       std::string url, const CallLimit& limit) {
  io::HttpServiceOptions options{.name = std::move(name),
                                 .url = std::move(url),
                                 .authorities_option = "iib_ca_file",
                                 .call_limit = limit.longest,
                                 .limit_option = limit.option,
                                 .retries = config.retry_policy()};
  if (config.ca_file) options.authorities.push_back(*config.ca_file);
  return options;
}

task::Services services(const config::Config& config) {
  task::Services services;
  for (const auto& [queue, asked] : config.greenwave_config) {
    services.gated_queues[queue] = {.decision_context = asked.decision_context,
                                    .product_version = asked.product_version,
                                    .subject_type = asked.subject_type};
  }
  if (!config.greenwave_url.empty()) {
    services.greenwave.emplace(service_options(config, "Greenwave", config.greenwave_url,
                                               {config.http_timeout, "iib_http_timeout"}));
  }
  if (!config.omps_url.empty()) {
    services.omps.emplace(service_options(config, "OMPS", config.omps_url,
                                          {config.omps_timeout, "iib_omps_timeout"}));
  }
  return services;
}

}  // namespace

task::Settings task_settings(const config::Config& config, const StateDirectory& state) {
  return {.registry = config.registry,
          .push_template = config.image_push_template,
          .output_registry = config.index_image_output_registry,
          .verify = config.verify_from_index == config::VerifyFromIndex::always
                        ? task::VerifyFromIndex::always
                        : task::VerifyFromIndex::before_overwriting,
          .rebase_attempts = config.rebase_attempts,
          .retries = config.retry_policy(),
          .docker_config_template = config.docker_config_template,
          .insecure_registries = config.insecure_registries,
          .architecture_labels = config.supported_archs,
          .work_root = state.work(),
          .required_labels = config.required_labels,
          .binary_images = config.binary_image_config,
          .related_image_registries = config.related_image_registry_replacement,
          .max_ocp_version_property = config.max_ocp_version_property,
          .services = services(config),
          .organizations = config.organization_customizations,
          .regenerate_rules = config.regenerate_rules,
          .allowed_registries = config.allowed_registries,
          .most_nested_bundles = static_cast<std::size_t>(config.max_recursive_related_bundles),
          .no_ocp_label_allow_list = config.no_ocp_label_allow_list,
          .hidden_database = config.hidden_index_db_path,
          .fragment_catalog = config.fbc_fragment_catalog_path,
          .file_based = file_based_options(config)};
}

scheduler::Options scheduler_options(const config::Config& config, const StateDirectory& state) {
  return {.queues = config.queues,
          .owner = state.owner(),
          .max_tries = config.max_tries,
          .request_timeout = config.request_timeout};
}

std::optional<messaging::SenderOptions> sender_options(const config::Config& config) {
  if (config.messaging_urls.empty()) return std::nullopt;
  return messaging::SenderOptions{.urls = config.messaging_urls,
                                  .certificate = config.messaging_cert,
                                  .key = config.messaging_key,
                                  .authorities = config.messaging_ca,
                                  .durable = config.messaging_durable,
                                  .timeout = config.messaging_timeout};
}

notify::PublisherOptions publisher_options(const config::Config& config) {
  notify::PublisherOptions options;
  options.most_tries = config.outbox_tries;
  return options;
}

std::string webhook_channel(const config::Webhook& webhook) {
  return "webhook " + webhook.shown_url();
}

notify::WebhookOptions webhook_options(const config::Config& config,
                                       const config::Webhook& webhook) {
  notify::WebhookOptions options{.url = webhook.url,
                                 .secret_file = webhook.secret_file,
                                 .authorities = {},
                                 .timeout = config.http_timeout};
  if (config.ca_file) options.authorities.push_back(*config.ca_file);
  return options;
}

web::Options web_options(const config::Config& config) {
  web::Options options;
  options.listen = config.listen;
  options.trusted_proxies = config.trusted_proxies;
  options.limits.body_bytes = config.max_body_size;
  options.remote_user_header = config.remote_user_header;
  options.keytab = config.keytab;
  options.replay_cache = config.state_dir / "kerberos.replays";
  options.users_file = config.users_file;
  options.tls_certificate = config.tls_certificate;
  options.tls_key = config.tls_key;
  options.workers = config.worker_usernames;
  options.login_disabled = config.login_disabled;
  options.external_url = config.external_url;
  options.max_per_page = config.max_per_page;
  options.data_lifetime = config.request_data_days_to_live;
  options.submission = {.privileged_users = config.privileged_usernames,
                        .force_overwrite = config.force_overwrite_from_index,
                        .has_default_binary_image = !config.binary_image_config.empty(),
                        .graph_modes = config.graph_mode_options,
                        .graph_mode_indexes = config.graph_mode_index_allow_list};
  return options;
}

web::Hooks web_hooks(const config::Config& config, scheduler::Scheduler& scheduler,
                     const Messages& messages, notify::EventHub& news) {
  const auto queue_for = [&config](const std::optional<std::string>& user,
                                   const model::NewRequest& request) {
    const bool serial =
        request.arguments.overwrite_from_index || request.arguments.overwrite_target_index;
    // An empty index is made of its from_index, but not built on it: for queues it has none.
    const bool builds_on_index = request.type != model::RequestType::create_empty_index;
    return config::queue_for(config, user, serial ? config::Order::serial : config::Order::parallel,
                             builds_on_index ? request.facts.from_index : std::nullopt);
  };
  return {.queue_for = queue_for,
          .on_submitted = [&scheduler] { scheduler.wake(); },
          .on_ended = [&scheduler](RequestId id) { scheduler.cancel(id); },
          .follow_states = [&news](auto wake) { return news.subscribe(std::move(wake)); },
          .warnings = [&messages] { return messages.warnings(); }};
}

}  // namespace iib::app
