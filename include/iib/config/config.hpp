#pragma once

#include "iib/base/log.hpp"
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
  std::string decision_context;
  std::string product_version;
  std::string subject_type;

  friend bool operator==(const GreenwaveSettings&, const GreenwaveSettings&) = default;
};

/// The queue of a user's jobs: one for all, or one per `from_index` with an entry `all`.
using QueueChoice = std::variant<std::string, std::map<std::string, std::string>>;

/// Every option that iibd acts on, checked; made by load(). A member has the name of its option
/// without `iib_`. Immutable, so it is shared by all threads.
struct Config {
  /// Whether development defaults are in force (`--dev`, `IIB_DEV=true`).
  bool dev = false;

  /// @name The service
  /// @{
  std::vector<ListenAddress> listen;
  std::filesystem::path state_dir;
  /// The SQLite file.
  std::filesystem::path database;
  /// Unset: a systemd credential or `<state_dir>/secret.key`.
  std::optional<std::filesystem::path> secret_key_file;
  /// `https://host[:port]` without a final slash; empty: that of each request.
  std::string external_url;
  std::size_t max_body_size = 0;
  int max_per_page = 0;
  /// @}

  /// @name Users
  /// @{
  bool login_disabled = false;
  std::string remote_user_header;
  TrustedProxies trusted_proxies;
  std::vector<std::string> worker_usernames;
  std::vector<std::string> privileged_usernames;
  bool force_overwrite_from_index = false;
  /// @}

  /// @name Queues
  /// @{
  /// All queues with their number of workers: those configured, the default queue, and those named
  /// only in `user_to_queue` or `sac_queues`.
  std::map<std::string, int> queues;
  std::map<std::string, QueueChoice> user_to_queue;
  std::vector<std::string> sac_queues;
  int max_tries = 0;
  /// @}

  /// @name Images and registries
  /// @{
  ImageEngineKind image_engine = ImageEngineKind::tools;
  std::string registry;
  std::string image_push_template;
  /// Empty: results are reported as pushed.
  std::string index_image_output_registry;
  std::filesystem::path docker_config_template;
  std::vector<std::string> insecure_registries;
  /// Our name of an architecture -> the name in the label `architecture`.
  std::map<std::string, std::string> supported_archs;
  VerifyFromIndex verify_from_index = VerifyFromIndex::always;
  /// @}

  /// @name Time limits and retries
  /// @{
  std::chrono::seconds request_timeout{};
  std::chrono::seconds skopeo_timeout{};
  std::chrono::seconds build_timeout{};
  std::chrono::seconds opm_timeout{};
  std::chrono::seconds http_timeout{};
  int total_attempts = 0;
  std::chrono::seconds retry_delay{};
  std::chrono::seconds retry_jitter{};
  std::chrono::seconds retry_multiplier{};
  /// @}

  /// @name Index contents
  /// @{
  IndexEngineKind index_engine = IndexEngineKind::embedded;
  std::string default_opm;
  /// OCP version -> opm program.
  std::map<std::string, std::string> ocp_opm_mapping;
  /// Scope (`prod`, `stage`, `dev`) -> OCP version -> image.
  std::map<std::string, std::map<std::string, std::string>> binary_image_config;
  std::vector<std::string> graph_mode_options;
  std::vector<std::string> graph_mode_index_allow_list;
  int deprecate_bundles_limit = 0;
  std::filesystem::path hidden_index_db_path;
  std::filesystem::path fbc_fragment_catalog_path;
  std::string operator_deprecations_dir;
  /// @}

  /// @name Checks of bundles
  /// @{
  std::map<std::string, std::string> required_labels;
  std::string greenwave_url;
  /// By queue; the null key of the option is the default queue here.
  std::map<std::string, GreenwaveSettings> greenwave_config;
  std::string omps_url;
  std::vector<std::string> no_ocp_label_allow_list;
  /// User -> registry -> registry to look at instead.
  std::map<std::string, std::map<std::string, std::string>> related_image_registry_replacement;
  std::map<std::string, Organization> organization_customizations;
  int max_recursive_related_bundles = 0;
  /// @}

  /// @name Logs and artifacts; an unset folder switches its feature off
  /// @{
  LogLevel log_level = LogLevel::info;
  /// By module; for the others `log_level`.
  std::map<std::string, LogLevel> log_levels;
  std::optional<std::filesystem::path> request_logs_dir;
  LogLevel request_logs_level = LogLevel::debug;
  std::optional<std::filesystem::path> request_related_bundles_dir;
  std::optional<std::filesystem::path> request_recursive_related_bundles_dir;
  std::chrono::days request_data_days_to_live{};
  /// @}

  /// @name Messages
  /// @{
  std::vector<std::string> messaging_urls;
  std::optional<std::string> messaging_build_state_destination;
  std::optional<std::string> messaging_batch_state_destination;
  std::filesystem::path messaging_cert;
  std::filesystem::path messaging_key;
  /// What TLS peers are verified against: a file that can be read.
  std::filesystem::path messaging_ca;
  bool messaging_durable = true;
  std::chrono::seconds messaging_timeout{};
  /// @}

  /// The retry options as one value.
  [[nodiscard]] RetryPolicy retry_policy() const;
  /// The level of `module`: its own, or the general one.
  [[nodiscard]] LogLevel level_of(std::string_view module) const;
  friend bool operator==(const Config&, const Config&) = default;
};

/// Which defaults hold. `IIB_DEV=true` in the environment turns `normal` into `dev`.
enum class Mode { normal, dev };

/// A configuration, and what its author should know.
struct Loaded {
  Config config;
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
