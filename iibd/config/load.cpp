#include "checks.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/config/options_file.hpp"
#include "iib/io/yaml.hpp"
#include "option.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace iib::config {
namespace {

using Environment = std::map<std::string, std::string>;

constexpr std::string_view kStatePlaceholder = "<state_dir>";

/// `iib_max_per_page` -> `IIB_MAX_PER_PAGE`.
std::string variable_of(std::string_view option) {
  std::string name{option};
  std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  });
  return name;
}

/// The default of `row`, as YAML text; for development some differ.
std::string default_of(const Option& row, Mode mode) {
  static const std::map<std::string, std::string, std::less<>> dev_defaults{
      {"iib_state_dir", "./iibd-state"},
      {"login_disabled", "true"},
      {"iib_log_level", "DEBUG"},
      {"iib_registry", "127.0.0.1:5000"},
      {"iib_insecure_registries", "[127.0.0.1:5000, localhost:5000]"},
  };
  if (mode == Mode::dev) {
    if (const auto own = dev_defaults.find(row.name); own != dev_defaults.end()) return own->second;
  }
  return row.default_text;
}

void read_defaults(Draft& draft, Mode mode) {
  for (const auto& section : sections()) {
    for (const auto& row : section.options) {
      const auto text = default_of(row, mode);
      if (text.empty()) continue;
      const auto document = io::parse_yaml(text);
      row.read(
          draft,
          Value{document.root(), row.name, {"the default", 1}, row.visibility, TextRule::yaml});
    }
  }
}

/// Reads a value given by file or environment. A null counts as not given.
void read_value(Draft& draft, const Option& row, const Value& value, const Place& place) {
  if (value.is_null()) return;
  row.read(draft, value);
  draft.places.insert_or_assign(row.name, place);
}

void read_pair(Draft& draft, const std::string& file, const io::YamlPair& pair) {
  const io::YamlNode& key = pair.key->resolved();
  const Place place{file, pair.key->line};
  if (key.kind != io::YamlKind::scalar) fail_at(place, "a key must be the name of an option");
  const auto* row = find_option(key.value);
  if (row == nullptr) {
    fail_at(place, fmt::format("'{}' is no option of iibd; the nearest one is {}; `iibd config "
                               "default` prints all",
                               one_line(key.value), nearest_option(key.value).name));
  }
  read_value(
      draft, *row,
      Value{*pair.value, row->name, {file, pair.value->line}, row->visibility, TextRule::yaml},
      place);
}

void read_options_file(Draft& draft, const std::filesystem::path& path) {
  constexpr std::size_t kLargestFile = 4UL << 20U;
  constexpr std::size_t kDeepest = 32;
  const auto content = read_file(path, kLargestFile);
  const auto documents = io::parse_yaml_stream(
      content,
      {.name = path.string(), .duplicates = io::DuplicateKeys::refuse, .max_depth = kDeepest});
  if (documents.empty()) return;
  if (documents.size() > 1) {
    fail_at({path.string(), documents[1].root().line},
            "a second document begins; put all options into the first one");
  }
  const io::YamlNode& root = documents.front().root();
  if (root.kind == io::YamlKind::scalar && root.implicit && root.value.empty()) return;
  if (root.kind != io::YamlKind::mapping) {
    fail_at({path.string(), root.line}, "the file must be a map from option to value");
  }
  for (const auto& pair : root.pairs) read_pair(draft, path.string(), pair);
}

void read_variable(Draft& draft, const Option& row, const std::string& name,
                   const std::string& text) {
  const Place place{name, 0};
  if (row.shape == Shape::plain) {
    io::YamlNode node;
    node.value = text;
    read_value(draft, row, Value{node, row.name, place, row.visibility, TextRule::verbatim}, place);
    return;
  }
  const auto document =
      io::parse_yaml(text, {.name = place.text(), .duplicates = io::DuplicateKeys::refuse});
  read_value(draft, row, Value{document.root(), row.name, place, row.visibility, TextRule::yaml},
             place);
}

void read_environment(Draft& draft, const Environment& environment) {
  for (const auto& section : sections()) {
    for (const auto& row : section.options) {
      const auto variable = environment.find(variable_of(row.name));
      if (variable == environment.end()) continue;
      read_variable(draft, row, variable->first, variable->second);
    }
  }
}

/// A variable that nobody reads does not stop the start: schedulers of containers set some that
/// begin like ours.
std::vector<std::string> warn_of_unknown_variables(const Environment& environment) {
  constexpr std::array<std::string_view, 3> kNoOptions{"IIB_DEV", "IIB_TESTING",
                                                       "IIB_CELERY_CONFIG"};
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("IIB_")) continue;
    const auto is_this = [&name = name](const Option& row) {
      return variable_of(row.name) == name;
    };
    const bool known =
        std::find(kNoOptions.begin(), kNoOptions.end(), name) != kNoOptions.end() ||
        std::any_of(sections().begin(), sections().end(), [&](const Section& section) {
          return std::any_of(section.options.begin(), section.options.end(), is_this);
        });
    if (known) continue;
    warnings.push_back(
        fmt::format("environment variable {} is no option of iibd; the nearest one is {}", name,
                    variable_of(nearest_option(name).name)));
  }
  return warnings;
}

std::vector<std::string> warn_of_statuses(const Draft& draft) {
  std::vector<std::string> warnings;
  for (const auto& [name, place] : draft.places) {
    const auto* row = find_option(name);
    if (row->status == Status::ignored) {
      warnings.push_back(fmt::format("{}: {} has no effect: {}", place.text(), name, row->meaning));
    } else if (row->status == Status::not_yet) {
      warnings.push_back(
          fmt::format("{}: {} is not acted on yet: {}", place.text(), name, row->meaning));
    }
  }
  return warnings;
}

/// Turns what users write for paths into absolute paths.
class PathResolver {
 public:
  PathResolver(const Environment& environment, const std::filesystem::path& state_dir) {
    if (const auto home = environment.find("HOME"); home != environment.end()) home_ = home->second;
    state_dir_ = absolute(state_dir);
  }

  [[nodiscard]] std::filesystem::path absolute(const std::filesystem::path& path) const {
    const auto& text = path.native();
    if (text.starts_with(kStatePlaceholder)) {
      return absolute(
          std::filesystem::path{state_dir_.native() + text.substr(kStatePlaceholder.size())});
    }
    if (text.starts_with("~/"))
      return absolute(std::filesystem::path{home_.native() + text.substr(1)});
    return std::filesystem::absolute(path).lexically_normal();
  }
  [[nodiscard]] std::optional<std::filesystem::path> absolute(
      const std::optional<std::filesystem::path>& path) const {
    if (!path) return std::nullopt;
    return absolute(*path);
  }
  [[nodiscard]] const std::filesystem::path& state_dir() const { return state_dir_; }

 private:
  std::filesystem::path home_ = "/";
  std::filesystem::path state_dir_;
};

void resolve_paths(Draft& draft, const Environment& environment) {
  auto& config = draft.config;
  const PathResolver resolver{environment, config.state_dir};
  config.state_dir = resolver.state_dir();
  config.database = resolver.absolute(draft.original_database.value_or(config.database));
  config.secret_key_file = resolver.absolute(config.secret_key_file);
  config.tls_certificate = resolver.absolute(config.tls_certificate);
  config.tls_key = resolver.absolute(config.tls_key);
  config.keytab = resolver.absolute(config.keytab);
  config.users_file = resolver.absolute(config.users_file);
  config.docker_config_template = resolver.absolute(config.docker_config_template);
  config.certs_dir = resolver.absolute(config.certs_dir);
  config.ca_file = resolver.absolute(config.ca_file);
  config.request_logs_dir = resolver.absolute(config.request_logs_dir);
  config.request_related_bundles_dir = resolver.absolute(config.request_related_bundles_dir);
  config.request_recursive_related_bundles_dir =
      resolver.absolute(config.request_recursive_related_bundles_dir);
  config.messaging_cert = resolver.absolute(config.messaging_cert);
  config.messaging_key = resolver.absolute(config.messaging_key);
  config.messaging_ca = resolver.absolute(config.messaging_ca);
  for (auto& webhook : config.webhooks) {
    webhook.secret_file = resolver.absolute(webhook.secret_file);
  }
}

void complete_queues(Draft& draft) {
  auto& config = draft.config;
  config.queues = draft.configured_queues;
  config.queues.try_emplace(std::string{kDefaultQueue}, 1);
  const auto add = [&](const std::string& name) {
    if (!name.empty()) config.queues.try_emplace(name, 1);
  };
  for (const auto& [user, choice] : config.user_to_queue) {
    if (const auto* name = std::get_if<std::string>(&choice)) {
      add(*name);
    } else {
      for (const auto& [index, queue] : std::get<1>(choice)) add(queue);
    }
  }
  for (const auto& name : config.sac_queues) add(name);
}

/// Red Hat's place for certificates is the default; elsewhere the system has another.
void find_certificates(Draft& draft) {
  constexpr auto kDebianBundle = "/etc/ssl/certs/ca-certificates.crt";
  auto& file = draft.config.messaging_ca;
  std::error_code ignored;
  if (file != find_option("iib_messaging_ca")->default_text) return;
  if (std::filesystem::exists(file, ignored)) return;
  if (std::filesystem::exists(kDebianBundle, ignored)) file = kDebianBundle;
}

Mode mode_of(const Environment& environment, Mode mode) {
  const auto variable = environment.find("IIB_DEV");
  if (variable == environment.end() || variable->second.empty()) return mode;
  io::YamlNode node;
  node.value = variable->second;
  const Value value{node, "IIB_DEV", {"IIB_DEV", 0}, Visibility::open, TextRule::verbatim};
  return boolean().read(value) ? Mode::dev : mode;
}

void append(std::vector<std::string>& all, std::vector<std::string> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Loaded load(const std::optional<std::filesystem::path>& file, const Environment& environment,
            Mode mode) {
  mode = mode_of(environment, mode);
  Draft draft;
  draft.config.dev = mode == Mode::dev;
  read_defaults(draft, mode);
  if (file) read_options_file(draft, *file);
  read_environment(draft, environment);
  resolve_paths(draft, environment);
  complete_queues(draft);
  find_certificates(draft);

  std::vector<std::string> warnings = warn_of_unknown_variables(environment);
  append(warnings, warn_of_statuses(draft));
  append(warnings, check({draft, file, environment}));
  return {std::move(draft.config), std::move(warnings)};
}

Config read_options(const std::filesystem::path& file) {
  Draft draft;
  read_defaults(draft, Mode::normal);
  read_options_file(draft, file);
  check_file({draft, file, {}});
  return std::move(draft.config);
}

std::optional<std::filesystem::path> find_file(const Environment& environment, Mode mode) {
  constexpr auto kUsualPlace = "/etc/iibd/iibd.yaml";
  const auto variable = environment.find("IIBD_CONFIG");
  if (variable != environment.end() && !variable->second.empty()) return variable->second;
  std::error_code ignored;
  if (mode_of(environment, mode) == Mode::dev || !std::filesystem::exists(kUsualPlace, ignored)) {
    return std::nullopt;
  }
  return kUsualPlace;
}

RetryPolicy Config::retry_policy() const {
  RetryPolicy policy;
  policy.attempts = total_attempts;
  policy.multiplier = retry_multiplier;
  policy.delay = retry_delay;
  policy.jitter = retry_jitter;
  return policy;
}

LogLevel Config::level_of(std::string_view module) const {
  const auto own = log_levels.find(std::string{module});
  return own == log_levels.end() ? log_level : own->second;
}

}  // namespace iib::config
