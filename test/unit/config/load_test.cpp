#include "loading.hpp"

#include <catch2/catch.hpp>

using namespace iib;
using namespace iib::config;
using namespace iib::config::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("without a file the defaults hold", "[config]") {
  const auto [config, warnings] =
      load(std::nullopt, {{"IIB_REGISTRY", "r.example.com"}, {"HOME", "/home/iib"}}, Mode::normal);

  CHECK(warnings.empty());
  CHECK_FALSE(config.dev);
  REQUIRE(config.listen.size() == 1);
  CHECK(config.listen[0] == ListenAddress{"127.0.0.1", 8080, ""});
  CHECK(config.state_dir == "/var/lib/iibd");
  CHECK(config.database == "/var/lib/iibd/iibd.db");
  CHECK(config.request_logs_dir == "/var/lib/iibd/artifacts/request_logs");
  CHECK(config.docker_config_template == "/home/iib/.docker/config.json.template");
  CHECK(config.max_body_size == 8UL << 20U);
  CHECK(config.max_per_page == 20);
  CHECK_FALSE(config.login_disabled);
  CHECK(config.remote_user_header == "X-Remote-User");
  CHECK_FALSE(config.trusted_proxies.unix_sockets);
  CHECK(config.trusted_proxies.networks.empty());
  CHECK(config.queues == std::map<std::string, int>{{"iib", 1}});
  CHECK(config.image_push_template == "{registry}/iib-build:{request_id}");
  CHECK(config.skopeo_timeout == 300s);
  CHECK(config.request_timeout == 6h);
  CHECK(config.supported_archs.at("arm64") == "aarch64");
  CHECK(config.log_level == LogLevel::info);
  CHECK(config.request_data_days_to_live == std::chrono::days{3});
  CHECK(config.retry_policy().attempts == 5);
  CHECK(config.retry_policy().delay == 10s);
}

TEST_CASE("the file sets options and the environment overrides them", "[config]") {
  const auto [config, warnings] = load_text(
      "iib_max_per_page: 50\n"
      "iib_total_attempts: 2\n"
      "iib_listen: [127.0.0.1:0, 'unix:/run/iibd.sock']\n"
      "iib_state_dir: /srv/iibd\n"
      "iib_log_levels: {scheduler: debug}\n",
      {{"IIB_MAX_PER_PAGE", "70"},
       {"LOGIN_DISABLED", "True"},
       {"IIB_QUEUES", "{null: 3, slow: 0}"},
       {"IIB_IMAGE_PUSH_TEMPLATE", "{registry}/x:{request_id}"},
       {"IIB_PRIVILEGED_USERNAMES", "[owner@REALM]"}});

  CHECK(warnings.empty());
  CHECK(config.max_per_page == 70);
  CHECK(config.total_attempts == 2);
  CHECK(config.login_disabled);
  REQUIRE(config.listen.size() == 2);
  CHECK(config.listen[1].socket_path == "/run/iibd.sock");
  CHECK(config.database == "/srv/iibd/iibd.db");
  CHECK(config.queues == std::map<std::string, int>{{"iib", 3}, {"slow", 0}});
  CHECK(config.image_push_template == "{registry}/x:{request_id}");
  CHECK(config.privileged_usernames == std::vector<std::string>{"owner@REALM"});
  CHECK(config.level_of("scheduler") == LogLevel::debug);
  CHECK(config.level_of("store") == LogLevel::info);
}

TEST_CASE("values are read by their types", "[config]") {
  CHECK(load_text("iib_skopeo_timeout: 300s").config.skopeo_timeout == 300s);
  CHECK(load_text("iib_skopeo_timeout: 30m").config.skopeo_timeout == 30min);
  CHECK(load_text("iib_skopeo_timeout: 6h").config.skopeo_timeout == 6h);
  CHECK(load_text("iib_skopeo_timeout: 45").config.skopeo_timeout == 45s);
  CHECK(load_text("", {{"IIB_SKOPEO_TIMEOUT", "45"}}).config.skopeo_timeout == 45s);
  CHECK(load_text("iib_max_body_size: 512KiB").config.max_body_size == 512UL << 10U);
  CHECK(load_text("iib_max_body_size: 1000").config.max_body_size == 1000);
  CHECK(load_text("iib_max_body_size: 8 MiB").config.max_body_size == 8UL << 20U);
  CHECK(load_text("iib_external_url: https://iib.example.com/").config.external_url ==
        "https://iib.example.com");
  CHECK(load_text("iib_verify_from_index: overwrite").config.verify_from_index ==
        VerifyFromIndex::overwrite);
  CHECK(load_text("iib_request_logs_dir: ''").config.request_logs_dir == std::nullopt);
  CHECK(load_text("", {{"IIB_REQUEST_LOGS_DIR", ""}}).config.request_logs_dir == std::nullopt);
  CHECK(load_text("iib_max_per_page:").config.max_per_page == 20);
  CHECK(load_text("sqlalchemy_database_uri: sqlite:////srv/old.db").config.database ==
        "/srv/old.db");
}

TEST_CASE("a mistake is told with file, line, key, what was expected and a remedy", "[config]") {
  const auto [name, yaml, expected] = GENERATE(table<std::string, std::string, std::string>({
      {"unknown key", "\niib_registy: x",
       "iibd.yaml, line 2: 'iib_registy' is no option of iibd; the nearest one is iib_registry"},
      {"key in upper case", "IIB_MAX_PER_PAGE: 1", "the nearest one is iib_max_per_page"},
      {"word for number", "iib_max_per_page: many",
       "line 1: iib_max_per_page is 'many', but must be a whole number of at least 1"},
      {"number too small", "iib_max_per_page: 0", "'0', but must be"},
      {"fraction", "iib_total_attempts: 1.5", "iib_total_attempts is '1.5'"},
      {"attempts", "iib_total_attempts: 0", "a whole number from 1 to 1000"},
      {"word for bool", "login_disabled: maybe",
       "login_disabled is 'maybe', but must be `true` or `false`"},
      {"yes of YAML 1.1", "login_disabled: yes", "`true` or `false`"},
      {"number for text", "iib_registry: 5000", "put it in quotes"},
      {"list for text", "iib_registry: [a]", "iib_registry is a list"},
      {"map for list", "iib_worker_usernames: {a: b}",
       "iib_worker_usernames is a map, but must be a list"},
      {"wrong element", "iib_worker_usernames:\n- a\n- 1",
       "line 3: element 2 of iib_worker_usernames is '1'"},
      {"duration unit", "iib_skopeo_timeout: 5 days", "`300s`, `30m`, `6h`"},
      {"negative duration", "iib_retry_delay: -1", "iib_retry_delay is '-1'"},
      {"huge duration", "iib_http_timeout: 99999999999h", "iib_http_timeout"},
      {"no time at all", "iib_skopeo_timeout: 0", "at least 1"},
      {"size", "iib_max_body_size: 8MB", "`8MiB`"},
      {"listen", "iib_listen: 8080", "iib_listen is '8080'"},
      {"listen without port", "iib_listen: 127.0.0.1", "iib_listen is '127.0.0.1'"},
      {"database elsewhere", "iib_database: postgresql://db/iib",
       "`sqlite:` and the path of a file"},
      {"database in memory", "iib_database: 'sqlite::memory:'", "`sqlite:` and the path of a file"},
      {"engine", "iib_image_engine: docker", "one of `tools`, `embedded`"},
      {"verify", "iib_verify_from_index: never", "one of `always`, `overwrite`"},
      {"insecure registry", "iib_insecure_registries: ['http://x:5000']", "`host:port`"},
      {"proxy", "iib_trusted_proxies: [10.0.0.0/99]", "an address, a network"},
      {"header", "iib_remote_user_header: 'X User'", "the name of an HTTP header"},
      {"external url", "iib_external_url: https://x/path", "without a path"},
      {"registry with scheme", "iib_registry: https://r", "without scheme"},
      {"template without id", "iib_image_push_template: '{registry}/x'",
       "iib_image_push_template is '{registry}/x'"},
      {"template with other", "iib_image_push_template: '{registry}/{user}:{request_id}'",
       "no other braces"},
      {"template unclosed", "iib_image_push_template: 'x:{request_id}{'", "no other braces"},
      {"workers", "iib_queues: {iib: -1}",
       "iib_queues.iib is '-1', but must be a whole number from 0 to 256"},
      {"null and its name", "iib_queues: {null: 1, iib: 2}", "the same key"},
      {"log level", "iib_log_level: LOUD", "one of `DEBUG`"},
      {"module", "iib_log_levels: {sched: INFO}", "there is no module 'sched'"},
      {"graph mode", "iib_graph_mode_options: [fast]", "`semver-skippatch`"},
      {"empty allowance", "iib_no_ocp_label_allow_list: ['']",
       "element 1 of iib_no_ocp_label_allow_list is empty"},
      {"labels", "iib_required_labels: [a]", "iib_required_labels is a list, but must be a map"},
      {"replacement", "iib_related_image_registry_replacement: x", "but must be a map"},
      {"opm map", "iib_ocp_opm_mapping: opm", "but must be a map"},
      {"token", "iib_index_configs_gitlab_tokens_map: {x: hunter2}", "`name:value`"},
      {"git", "iib_index_to_gitlab_push_map: {x: 'git@y'}", "`https://`"},
      {"konflux", "iib_konflux_cluster_url: http://x", "`https://`"},
      {"days", "iib_request_data_days_to_live: 0", "a number of days"},
      {"twice", "iib_registry: a\nlogin_disabled: true\niib_registry: b",
       "line 3, column 1: key 'iib_registry' is given a second time, first on line 1"},
      {"syntax", "iib_queues: {a: 1", "(while parsing a flow mapping, line 1)"},
      {"no map", "- iib_registry", "must be a map from option to value"},
      {"two documents", "iib_registry: a\n---\nlogin_disabled: true", "second document"},
      {"key that is a list", "[a]: b", "a key must be the name of an option"},
  }));
  CAPTURE(name);

  CHECK_THAT(error_of(yaml), Contains(expected));
  CHECK_THAT(error_of(yaml), Contains("iibd.yaml, line "));
}

TEST_CASE("a mistake in the environment names the variable", "[config]") {
  CHECK_THAT(
      error_of("", {{"IIB_MAX_PER_PAGE", "x"}}),
      Contains("environment variable IIB_MAX_PER_PAGE: iib_max_per_page is 'x', but must be"));
  CHECK_THAT(error_of("", {{"IIB_QUEUES", "{a"}}),
             Contains("environment variable IIB_QUEUES, line 2, column 1"));
  CHECK_THAT(error_of("", {{"IIB_DEV", "perhaps"}}), Contains("IIB_DEV is 'perhaps'"));
}

TEST_CASE("a variable that only looks like ours is a warning", "[config]") {
  const auto warnings =
      load_text("", {{"IIB_REGISTY", "x"}, {"IIB_TESTING", "true"}, {"PATH", ""}}).warnings;

  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("IIB_REGISTY") && Contains("nearest one is IIB_REGISTRY"));
}

TEST_CASE("a file that is not there is named", "[config]") {
  CHECK_THROWS_WITH(load("/nowhere/iibd.yaml", {}, Mode::normal), Contains("/nowhere/iibd.yaml"));
}

TEST_CASE("options that iibd does not need are checked and warned of", "[config]") {
  const auto warnings = load_text(
                            "broker_url: amqps://user:hunter2@broker\niib_api_url: "
                            "https://iib\nworker_concurrency: 4\n"
                            "broker_transport_options: {max_retries: 3, deep: [1]}\n")
                            .warnings;

  CHECK(warnings.size() == 4);
  CHECK(mentions(warnings, "line 3: worker_concurrency has no effect: See `iib_queues`"));
  CHECK_FALSE(mentions(warnings, "hunter2"));
  CHECK_THAT(error_of("worker_concurrency: some"), Contains("a whole number"));
}

TEST_CASE("options whose step is still to come are warned of", "[config]") {
  const auto [config, warnings] =
      load_text("iib_index_to_gitlab_push_map: {r.example.com/i: 'https://git.example.com/i'}");

  CHECK(mentions(warnings, "iib_index_to_gitlab_push_map is not acted on yet"));
}

TEST_CASE("what may be a secret is in no message", "[config]") {
  const std::string yaml = GENERATE(
      "broker_url: [hunter2]", "broker_url: {hunter2: 1}", "iib_messaging_urls: ['hunter2']",
      "sqlalchemy_database_uri: postgresql://iib:hunter2@db/iib",
      "iib_index_configs_gitlab_tokens_map: {x: hunter2}", "iib_konflux_cluster_token: [hunter2]");
  CAPTURE(yaml);

  REQUIRE_FALSE(error_of(yaml).empty());
  CHECK_THAT(error_of(yaml), !Contains("hunter2"));
}

TEST_CASE("development has its own defaults", "[config]") {
  const auto [config, warnings] = load(std::nullopt, {{"IIB_DEV", "true"}}, Mode::normal);

  CHECK(config.dev);
  CHECK(config.listen[0] == ListenAddress{"127.0.0.1", 8080, ""});
  CHECK(config.state_dir == std::filesystem::current_path() / "iibd-state");
  CHECK(config.database == std::filesystem::current_path() / "iibd-state" / "iibd.db");
  CHECK(config.login_disabled);
  CHECK(config.log_level == LogLevel::debug);
  CHECK(config.registry == "127.0.0.1:5000");
  CHECK(config.insecure_registries.front() == "127.0.0.1:5000");

  SECTION("which what is configured overrides") {
    const auto own =
        load(std::nullopt, {{"LOGIN_DISABLED", "false"}, {"IIB_REGISTRY", "r"}}, Mode::dev).config;
    CHECK_FALSE(own.login_disabled);
    CHECK(own.registry == "r");
  }
  SECTION("and reads no file of the system") {
    CHECK(find_file({}, Mode::dev) == std::nullopt);
    CHECK(find_file({{"IIBD_CONFIG", "/x.yaml"}}, Mode::dev) == std::filesystem::path{"/x.yaml"});
  }
}
