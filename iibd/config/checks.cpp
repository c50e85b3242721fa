#include "checks.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/paths.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>

namespace iib::config {
namespace {

bool is_given(const Checked& checked, std::string_view option) {
  return checked.draft.places.contains(option);
}

/// Throws `PLACE: PROBLEM`, the place being that of `option`, or else the whole file.
[[noreturn]] void fail(const Checked& checked, std::string_view option,
                       const std::string& problem) {
  const auto place = checked.draft.places.find(option);
  if (place != checked.draft.places.end()) fail_at(place->second, problem);
  if (checked.file) throw UserError{fmt::format("{}: {}", checked.file->string(), problem)};
  throw UserError{fmt::format("configuration: {}", problem)};
}

bool has_variable(const Checked& checked, const std::string& name) {
  const auto variable = checked.environment.find(name);
  return variable != checked.environment.end() && !variable->second.empty();
}

void require_variables(const Checked& checked, std::string_view option,
                       std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    if (has_variable(checked, name)) continue;
    fail(checked, option,
         fmt::format("{} needs the environment variable {}: set it, or unset the option", option,
                     name));
  }
}

void check_registry(const Checked& checked) {
  if (!checked.draft.config.registry.empty()) return;
  fail(checked, "iib_registry",
       "iib_registry must be set to the registry that results are pushed to, such as "
       "`registry.example.com`; set it here, or set IIB_REGISTRY in the environment");
}

void check_database(const Checked& checked) {
  if (!checked.draft.original_database || !is_given(checked, "iib_database")) return;
  fail(checked, "sqlalchemy_database_uri",
       "sqlalchemy_database_uri and iib_database are both set; remove one of them");
}

/// Queue names of a choice.
std::vector<std::string> names_in(const QueueChoice& choice) {
  if (const auto* name = std::get_if<std::string>(&choice)) return {*name};
  std::vector<std::string> names;
  for (const auto& [index, name] : std::get<std::map<std::string, std::string>>(choice)) {
    names.push_back(name);
  }
  return names;
}

void check_serial_queue(const Checked& checked, const std::string& queue, std::string_view why) {
  const auto workers = checked.draft.config.queues.find(queue);
  if (workers == checked.draft.config.queues.end() || workers->second <= 1) return;
  fail(checked, "iib_queues",
       fmt::format("iib_queues gives queue '{}' {} workers, but its jobs must run one at a time "
                   "because {} names it; give it 1",
                   queue, workers->second, why));
}

void check_queues(const Checked& checked) {
  for (const auto& [user, choice] : checked.draft.config.user_to_queue) {
    if (!user.starts_with("SERIAL:")) continue;
    for (const auto& queue : names_in(choice)) {
      check_serial_queue(checked, queue, fmt::format("iib_user_to_queue.{}", user));
    }
  }
  for (const auto& queue : checked.draft.config.sac_queues) {
    check_serial_queue(checked, queue, "iib_sac_queues");
  }
}

void check_greenwave_queues(const Checked& checked) {
  const auto& config = checked.draft.config;
  if (!config.greenwave_config.empty() && config.greenwave_url.empty()) {
    fail(checked, "iib_greenwave_config",
         "iib_greenwave_config says what Greenwave is asked, but iib_greenwave_url does not say "
         "where it is; set it, or unset iib_greenwave_config");
  }
  std::set<std::string, std::less<>> named{std::string{kDefaultQueue}};  // what null has become
  for (const auto& [user, choice] : checked.draft.config.user_to_queue) {
    for (auto& name : names_in(choice)) named.insert(std::move(name));
  }
  for (const auto& [queue, settings] : checked.draft.config.greenwave_config) {
    if (named.contains(queue)) continue;
    fail(checked, "iib_greenwave_config",
         fmt::format("iib_greenwave_config has the key '{}', but must have only null and names of "
                     "queues that iib_user_to_queue names; no user's jobs go there",
                     queue));
  }
}

constexpr std::array<std::string_view, 3> kFolderOptions{
    "iib_request_logs_dir", "iib_request_related_bundles_dir",
    "iib_request_recursive_related_bundles_dir"};

void check_bucket(const Checked& checked) {
  if (!checked.draft.s3_bucket) return;
  for (const auto option : kFolderOptions) {
    if (!is_given(checked, option)) continue;
    fail(checked, option,
         fmt::format("{} and iib_aws_s3_bucket_name are both set; remove one of them", option));
  }
  require_variables(checked, "iib_aws_s3_bucket_name",
                    {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"});
}

void check_folder(const Checked& checked, std::string_view option,
                  const std::optional<std::filesystem::path>& folder) {
  // What lies in the state directory is made at the start.
  if (!folder || is_within(*folder, checked.draft.config.state_dir)) return;
  std::error_code ignored;
  const bool exists = std::filesystem::is_directory(*folder, ignored);
  const auto path = folder->string();
  if (exists && ::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
  fail(checked, option,
       fmt::format("{} is '{}', but must be a folder that exists and that iibd may write to; {}",
                   option, path, exists ? "change its owner or mode" : "make it"));
}

void check_folders(const Checked& checked) {
  const auto& config = checked.draft.config;
  check_folder(checked, kFolderOptions[0], config.request_logs_dir);
  check_folder(checked, kFolderOptions[1], config.request_related_bundles_dir);
  check_folder(checked, kFolderOptions[2], config.request_recursive_related_bundles_dir);
}

/// One form for all, and that of the rules (bundle-regeneration 1).
void check_customizations(const Checked& checked) {
  constexpr auto kOption = "iib_organization_customizations";
  const auto& config = checked.draft.config;
  std::string maps;
  std::string lists;
  for (const auto& [name, customizations] : config.organization_customizations) {
    auto& names = std::holds_alternative<CoreCustomizations>(customizations) ? maps : lists;
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
  }
  if (!maps.empty() && !lists.empty()) {
    fail(checked, kOption,
         fmt::format("{} has maps for {} and lists for {}, but all must have one form; write the "
                     "maps as lists",
                     kOption, maps, lists));
  }
  const auto contradict = [&](std::string_view rules, std::string_view form,
                              const std::string& names) {
    fail(checked, "iib_regenerate_rules",
         fmt::format("iib_regenerate_rules is {}, but {} has {} for {}; write these in the other "
                     "form, or set the rules to auto",
                     rules, kOption, form, names));
  };
  if (config.regenerate_rules == RegenerateRules::core && !lists.empty()) {
    contradict("core", "lists", lists);
  }
  if (config.regenerate_rules == RegenerateRules::later && !maps.empty()) {
    contradict("later", "maps", maps);
  }
}

void check_tracing(const Checked& checked) {
  if (!checked.draft.tracing) return;
  require_variables(checked, "iib_otel_tracing",
                    {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME"});
}

bool holds_certificates(const std::filesystem::path& file) {
  constexpr std::size_t kLargestBundle = 16UL << 20U;
  try {
    return read_file(file, kLargestBundle).find("-----BEGIN") != std::string::npos;
  } catch (const Error&) {
    return false;
  }
}

void check_messaging(const Checked& checked) {
  const auto& config = checked.draft.config;
  for (const auto* option :
       {"iib_messaging_build_state_destination", "iib_messaging_batch_state_destination"}) {
    if (!is_given(checked, option) || !config.messaging_urls.empty()) continue;
    fail(checked, option,
         fmt::format("{} needs iib_messaging_urls, which must be a list of `amqps://` or `amqp://` "
                     "URLs; set it, or unset the destination",
                     option));
  }
  const bool tls = std::any_of(config.messaging_urls.begin(), config.messaging_urls.end(),
                               [](const std::string& url) { return url.starts_with("amqps:"); });
  if (!tls || holds_certificates(config.messaging_ca)) return;
  fail(checked, "iib_messaging_ca",
       fmt::format("iib_messaging_ca is '{}', but an `amqps://` URL needs a file of certificates "
                   "that can be read; name one",
                   config.messaging_ca.string()));
}

void check_konflux(const Checked& checked) {
  const std::array<std::string_view, 4> options{
      "iib_konflux_cluster_url", "iib_konflux_cluster_token", "iib_konflux_cluster_ca_cert",
      "iib_konflux_namespace"};
  const auto given = [&](std::string_view option) { return is_given(checked, option); };
  if (std::none_of(options.begin(), options.end(), given)) return;
  const auto missing = std::find_if_not(options.begin(), options.end(), given);
  if (missing == options.end()) return;
  const auto present = std::find_if(options.begin(), options.end(), given);
  fail(checked, *present,
       fmt::format("{} needs {} too: the Konflux options are set all or not at all", *present,
                   *missing));
}

/// Whether `program` is a path or a name in PATH that can be run.
bool can_run(const Checked& checked, const std::string& program) {
  const auto runs = [](const std::string& path) {
    return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
  };
  if (program.find('/') != std::string::npos) return runs(program);
  const auto variable = checked.environment.find("PATH");
  if (variable == checked.environment.end()) return false;
  std::string_view rest = variable->second;
  while (!rest.empty()) {
    const auto colon = std::min(rest.find(':'), rest.size());
    if (runs(fmt::format("{}/{}", rest.substr(0, colon), program))) return true;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return false;
}

void check_opm_programs(const Checked& checked) {
  const auto& config = checked.draft.config;
  if (config.index_engine != IndexEngineKind::opm) return;
  const auto require = [&](std::string_view option, const std::string& program) {
    if (can_run(checked, program)) return;
    fail(checked, option,
         fmt::format("{} names the program '{}', which is not on PATH; install it, or set "
                     "iib_index_engine to `embedded`",
                     option, program));
  };
  require("iib_default_opm", config.default_opm);
  for (const auto& [version, program] : config.ocp_opm_mapping) {
    require("iib_ocp_opm_mapping", program);
  }
}

bool can_read(const std::filesystem::path& file) {
  return ::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) == 0;
}

void require_readable(const Checked& checked, std::string_view option,
                      const std::optional<std::filesystem::path>& file) {
  if (!file || can_read(*file)) return;
  fail(checked, option,
       fmt::format("{} is '{}', which is not there or cannot be read by this user; check the path, "
                   "its owner and mode",
                   option, file->string()));
}

void check_tls(const Checked& checked) {
  const auto& config = checked.draft.config;
  const auto pair = [&](std::string_view given, std::string_view missing) {
    fail(checked, given,
         fmt::format("{} needs {} too: set both, or none for plain HTTP", given, missing));
  };
  if (config.tls_certificate && !config.tls_key) pair("iib_tls_certificate", "iib_tls_key");
  if (config.tls_key && !config.tls_certificate) pair("iib_tls_key", "iib_tls_certificate");
  require_readable(checked, "iib_tls_certificate", config.tls_certificate);
  require_readable(checked, "iib_tls_key", config.tls_key);
}

/// Else every request that asks Greenwave or OMPS would fail.
void check_authorities(const Checked& checked) {
  const auto& file = checked.draft.config.ca_file;
  if (!file || holds_certificates(*file)) return;
  fail(checked, "iib_ca_file",
       fmt::format("iib_ca_file is '{}', but must be a file of certificates (PEM) that this user "
                   "can read; check the path, its owner and mode",
                   file->string()));
}

/// The first address that other hosts can reach, if there is one.
const ListenAddress* open_address(const Config& config) {
  const auto open = std::find_if(config.listen.begin(), config.listen.end(),
                                 [](const ListenAddress& address) { return !address.is_local(); });
  return open == config.listen.end() ? nullptr : &*open;
}

std::vector<std::string> warn_of_open_doors(const Checked& checked) {
  const auto& config = checked.draft.config;
  const auto* const open = open_address(config);
  std::vector<std::string> warnings;
  if (open == nullptr) return warnings;
  if (config.login_disabled) {
    warnings.push_back(
        fmt::format("login_disabled is true and iib_listen has {}: anyone who can reach that "
                    "address may submit requests",
                    open->host));
  }
  if (config.users_file && !config.tls_certificate) {
    warnings.push_back(
        fmt::format("iib_users_file is set and iib_listen has {} without TLS: whoever listens on "
                    "the way learns passwords and tokens; set iib_tls_certificate and iib_tls_key",
                    open->host));
  }
  return warnings;
}

std::vector<std::string> warn_of_mute_logs(const Config& config) {
  std::vector<std::string> warnings;
  for (const auto& name : config.additional_loggers) {
    if (name == kSqliteLogger) continue;
    warnings.push_back(fmt::format(
        "iib_additional_loggers names '{}', which is no library that logs here; known: {}", name,
        kSqliteLogger));
  }
  if (config.log_format && config.log_output == LogOutput::json) {
    warnings.emplace_back("iib_log_format has no effect: iib_log_output is json");
  }
  return warnings;
}

}  // namespace

std::vector<std::string> check(const Checked& checked) {
  check_registry(checked);
  check_database(checked);
  check_queues(checked);
  check_greenwave_queues(checked);
  check_bucket(checked);
  check_folders(checked);
  check_customizations(checked);
  check_tracing(checked);
  check_messaging(checked);
  check_konflux(checked);
  check_opm_programs(checked);
  check_tls(checked);
  check_authorities(checked);
  require_readable(checked, "iib_keytab", checked.draft.config.keytab);
  auto warnings = warn_of_open_doors(checked);
  for (auto& warning : warn_of_mute_logs(checked.draft.config)) {
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

void check_file(const Checked& checked) {
  check_customizations(checked);
}

}  // namespace iib::config
