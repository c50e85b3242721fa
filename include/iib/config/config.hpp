#pragma once

#include "iib/base/log.hpp"
#include "iib/base/log_format.hpp"
#include "iib/base/retry.hpp"
#include "iib/config/network.hpp"
#include "iib/config/organization.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iib::config {

/// What the daemon's log consists of: lines of text, or of JSON (`iib_log_output`).
enum class LogOutput { text, json };

/// The one library that logs, as `iib_additional_loggers` names it.
inline constexpr std::string_view kSqliteLogger = "sqlite";

/// The name of the queue that jobs go to when none is configured for them.
inline constexpr std::string_view kDefaultQueue = "iib";

/// `iib_image_engine`.
enum class ImageEngineKind { tools, embedded };
/// `iib_index_engine`.
enum class IndexEngineKind { embedded, opm };
/// `iib_verify_from_index` (pipeline 6.1).
enum class VerifyFromIndex { always, overwrite };

/// What gating asks for the jobs of a queue (rest-api 11, check 1).
struct GreenwaveSettings {
  /// Sent as it is, like the others.
  std::string decision_context;
  /// Sent as it is.
  std::string product_version;
  /// Always `koji_build`.
  std::string subject_type;

  /// Member by member.
  friend bool operator==(const GreenwaveSettings&, const GreenwaveSettings&) = default;
};

/// The queue of a user's jobs: one for all, or one per `from_index` with an entry `all`.
using QueueChoice = std::variant<std::string, std::map<std::string, std::string>>;

/// An element of `iib_webhooks`.
struct Webhook {
  std::string url;  ///< Where messages are posted to; its query may be secret.
  /// Which.
  std::vector<std::string> events{"build-state", "batch-state"};
  std::optional<std::filesystem::path> secret_file;  ///< Unset: messages are not signed.

  /// The URL without its query: what names the webhook.
  [[nodiscard]] std::string shown_url() const;
  friend bool operator==(const Webhook&, const Webhook&) = default;
};

/// Every option that iibd acts on, checked; made by load(). A member has the name of its option
/// without `iib_`. Immutable, so it is shared by all threads.
struct Config {
  /// Whether development defaults are in force (`--dev`, `IIB_DEV=true`).
  bool dev = false;

  // The service

  /// `iib_listen`.
  std::vector<ListenAddress> listen;
  /// `iib_state_dir`, absolute, as all paths are.
  std::filesystem::path state_dir;
  /// The SQLite file.
  std::filesystem::path database;
  /// Unset: a systemd credential or `<state_dir>/secret.key`.
  std::optional<std::filesystem::path> secret_key_file;
  /// `https://host[:port]` without a final slash; empty: that of each request.
  std::string external_url;
  /// `iib_tls_certificate`; set if and only if the key is.
  std::optional<std::filesystem::path> tls_certificate;
  /// `iib_tls_key`.
  std::optional<std::filesystem::path> tls_key;
  /// `iib_max_body_size`.
  std::size_t max_body_size = 0;
  /// `iib_max_per_page`.
  int max_per_page = 0;

  // Users

  /// `login_disabled`.
  bool login_disabled = false;
  /// `iib_remote_user_header`.
  std::string remote_user_header;
  /// `iib_trusted_proxies`.
  TrustedProxies trusted_proxies;
  /// `iib_keytab`.
  std::optional<std::filesystem::path> keytab;
  /// `iib_users_file`.
  std::optional<std::filesystem::path> users_file;
  /// `iib_worker_usernames`.
  std::vector<std::string> worker_usernames;
  /// `iib_privileged_usernames`.
  std::vector<std::string> privileged_usernames;
  /// `iib_force_overwrite_from_index`.
  bool force_overwrite_from_index = false;

  // Queues

  /// All queues with their number of workers: those configured, the default queue, and those named
  /// only in `user_to_queue` or `sac_queues`.
  std::map<std::string, int> queues;
  /// `iib_user_to_queue`.
  std::map<std::string, QueueChoice> user_to_queue;
  /// `iib_sac_queues`.
  std::vector<std::string> sac_queues;
  /// `iib_fair_queues`.
  bool fair_queues = true;
  /// `iib_max_tries`.
  int max_tries = 0;

  // Images and registries

  /// `iib_image_engine`.
  ImageEngineKind image_engine = ImageEngineKind::tools;
  /// `iib_registry`.
  std::string registry;
  /// `iib_image_push_template`.
  std::string image_push_template;
  /// Empty: results are reported as pushed.
  std::string index_image_output_registry;
  /// `iib_docker_config_template`.
  std::filesystem::path docker_config_template;
  /// `iib_insecure_registries`.
  std::vector<std::string> insecure_registries;
  /// `iib_certs_dir`.
  std::filesystem::path certs_dir;
  /// `iib_layer_cache_size`, in bytes.
  std::size_t layer_cache_size = 0;
  /// Our name of an architecture -> the name in the label `architecture`.
  std::map<std::string, std::string> supported_archs;
  /// `iib_verify_from_index`.
  VerifyFromIndex verify_from_index = VerifyFromIndex::always;
  /// `iib_rebase_attempts`.
  int rebase_attempts = 0;

  // Time limits and retries

  /// `iib_request_timeout`.
  std::chrono::seconds request_timeout{};
  /// `iib_skopeo_timeout`.
  std::chrono::seconds skopeo_timeout{};
  /// `iib_build_timeout`.
  std::chrono::seconds build_timeout{};
  /// `iib_opm_timeout`.
  std::chrono::seconds opm_timeout{};
  /// `iib_http_timeout`.
  std::chrono::seconds http_timeout{};
  /// `iib_omps_timeout`.
  std::chrono::seconds omps_timeout{};
  /// `iib_ca_file`.
  std::optional<std::filesystem::path> ca_file;
  /// `iib_total_attempts`.
  int total_attempts = 0;
  /// `iib_retry_delay`.
  std::chrono::seconds retry_delay{};
  /// `iib_retry_jitter`.
  std::chrono::seconds retry_jitter{};
  /// `iib_retry_multiplier`.
  std::chrono::seconds retry_multiplier{};

  // Index contents

  /// `iib_index_engine`.
  IndexEngineKind index_engine = IndexEngineKind::embedded;
  /// `iib_default_opm`.
  std::string default_opm;
  /// OCP version -> opm program.
  std::map<std::string, std::string> ocp_opm_mapping;
  /// Scope (`prod`, `stage`, `dev`) -> OCP version -> image.
  std::map<std::string, std::map<std::string, std::string>> binary_image_config;
  /// `iib_graph_mode_options`.
  std::vector<std::string> graph_mode_options;
  /// `iib_graph_mode_index_allow_list`.
  std::vector<std::string> graph_mode_index_allow_list;
  /// `iib_deprecate_bundles_limit`.
  int deprecate_bundles_limit = 0;
  /// `iib_max_ocp_version_property`.
  bool max_ocp_version_property = false;
  /// `hidden_index_db_path`.
  std::filesystem::path hidden_index_db_path;
  /// `fbc_fragment_catalog_path`.
  std::filesystem::path fbc_fragment_catalog_path;
  /// `operator_deprecations_dir`.
  std::string operator_deprecations_dir;

  // Checks of bundles

  /// `iib_required_labels`.
  std::map<std::string, std::string> required_labels;
  /// `iib_greenwave_url`.
  std::string greenwave_url;
  /// By queue; the null key of the option is the default queue here.
  std::map<std::string, GreenwaveSettings> greenwave_config;
  /// `iib_omps_url`.
  std::string omps_url;
  /// `iib_no_ocp_label_allow_list`.
  std::vector<std::string> no_ocp_label_allow_list;
  /// User -> registry -> registry to look at instead.
  std::map<std::string, std::map<std::string, std::string>> related_image_registry_replacement;
  /// `iib_organization_customizations`.
  std::map<std::string, Organization> organization_customizations;
  /// `iib_regenerate_rules`; not `automatic` is checked against the form of the customizations.
  RegenerateRules regenerate_rules = RegenerateRules::automatic;
  /// `host` or `host:port`; empty: all.
  std::vector<std::string> allowed_registries;
  /// `iib_max_recursive_related_bundles`.
  int max_recursive_related_bundles = 0;

  // Logs and artifacts; an unset folder switches its feature off

  /// `iib_log_level`.
  LogLevel log_level = LogLevel::info;
  /// By module; for the others `log_level`.
  std::map<std::string, LogLevel> log_levels;
  /// `iib_log_output`.
  LogOutput log_output = LogOutput::text;
  /// `iib_log_format`: the form of lines of text; unset: iibd's own.
  std::optional<LogFormat> log_format;
  /// `iib_additional_loggers`.
  std::vector<std::string> additional_loggers;
  /// `iib_request_logs_dir`.
  std::optional<std::filesystem::path> request_logs_dir;
  /// `iib_request_logs_level`.
  LogLevel request_logs_level = LogLevel::debug;
  /// `iib_request_log_size`, in bytes.
  std::size_t request_log_size = 0;
  /// `iib_request_related_bundles_dir`.
  std::optional<std::filesystem::path> request_related_bundles_dir;
  /// `iib_request_recursive_related_bundles_dir`.
  std::optional<std::filesystem::path> request_recursive_related_bundles_dir;
  /// `iib_request_data_days_to_live`.
  std::chrono::days request_data_days_to_live{};

  // Messages

  /// `iib_messaging_urls`.
  std::vector<std::string> messaging_urls;
  /// `iib_messaging_build_state_destination`.
  std::optional<std::string> messaging_build_state_destination;
  /// `iib_messaging_batch_state_destination`.
  std::optional<std::string> messaging_batch_state_destination;
  /// `iib_messaging_cert`.
  std::filesystem::path messaging_cert;
  /// `iib_messaging_key`.
  std::filesystem::path messaging_key;
  /// What TLS peers are verified against: a file that can be read.
  std::filesystem::path messaging_ca;
  /// `iib_messaging_durable`.
  bool messaging_durable = true;
  /// `iib_messaging_timeout`.
  std::chrono::seconds messaging_timeout{};
  /// `iib_webhooks`.
  std::vector<Webhook> webhooks;
  /// `iib_outbox_warn`.
  int outbox_warn = 0;
  /// `iib_outbox_tries`.
  int outbox_tries = 0;

  /// The retry options as one value.
  [[nodiscard]] RetryPolicy retry_policy() const;
  /// The level of `module`: its own, or the general one.
  [[nodiscard]] LogLevel level_of(std::string_view module) const;
  /// Member by member.
  friend bool operator==(const Config&, const Config&) = default;
};

/// Which defaults hold. `IIB_DEV=true` in the environment turns `normal` into `dev`.
enum class Mode { normal, dev };

/// A configuration, and what its author should know.
struct Loaded {
  /// What holds.
  Config config;
  /// Full sentences, each naming file and line or variable.
  std::vector<std::string> warnings;
};

/// Reads the options from `file` (none: only environment and defaults), lets variables of
/// `environment` with an option's name in upper case override them, and checks everything. Throws
/// UserError naming file and line (or variable), key, what was expected and a remedy, and
/// ExternalError when the file cannot be read. No message holds a value that may be secret.
[[nodiscard]] Loaded load(const std::optional<std::filesystem::path>& file,
                          const std::map<std::string, std::string>& environment, Mode mode);

/// The file to read when the command line names none: `$IIBD_CONFIG`, else, but not for
/// development, `/etc/iibd/iibd.yaml` if it exists.
[[nodiscard]] std::optional<std::filesystem::path> find_file(
    const std::map<std::string, std::string>& environment, Mode mode);

/// The commented default file, which `etc/iibd.yaml` is a copy of. Reading it changes no default.
[[nodiscard]] std::string default_file();

/// The page `docs/configuration.md`: every option with type, default and meaning.
[[nodiscard]] std::string reference_page();

/// Whether jobs of a kind may run beside each other (rest-api 9): those that overwrite may not.
enum class Order { serial, parallel };

/// The queue for a job of `user` (nothing: anonymous) on `from_index` (rest-api 9).
[[nodiscard]] std::string queue_for(const Config& config, const std::optional<std::string>& user,
                                    Order order, const std::optional<std::string>& from_index);

}  // namespace iib::config
