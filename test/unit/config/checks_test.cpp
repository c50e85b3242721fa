#include "loading.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

using namespace iib;
using namespace iib::config;
using namespace iib::config::test;
using Catch::Matchers::Contains;

namespace {

constexpr auto kGreenwave =
    "iib_user_to_queue: {{alice: slow, bob: {{all: fast, 'quay.io/ns/index:v4.16': other}}}}\n"
    "iib_greenwave_config:\n"
    "  {}: {{decision_context: c, product_version: v, subject_type: koji_build}}\n"
    "iib_greenwave_url: https://greenwave.example.com/api\n";

const Environment kAws{
    {"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}, {"AWS_DEFAULT_REGION", "c"}};

/// Takes root's rights away while it lives; other users keep theirs.
class AsNobody {
 public:
  AsNobody() {
    constexpr uid_t kNobody = 65534;
    if (was_ == 0) REQUIRE(::seteuid(kNobody) == 0);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (was_ == 0 && ::seteuid(was_) != 0) std::abort();
  }

 private:
  uid_t was_ = ::geteuid();
};

Environment without(Environment environment, const std::string& name) {
  environment.erase(name);
  return environment;
}

}  // namespace

TEST_CASE("the registry must be set", "[config]") {
  CHECK_THROWS_WITH(load(std::nullopt, {}, Mode::normal),
                    Contains("iib_registry must be set") && Contains("IIB_REGISTRY"));
}

TEST_CASE("check 1: gating is configured for queues that users have, and in full", "[config]") {
  SECTION("a queue named in a map of queues counts") {
    const std::string queue = GENERATE("null", "slow", "fast", "other");
    CAPTURE(queue);
    CHECK(error_of(fmt::format(kGreenwave, queue)).empty());
  }
  SECTION("null is the default queue") {
    CHECK(load_text(fmt::format(kGreenwave, "null")).config.greenwave_config.contains("iib"));
  }
  SECTION("an unknown queue is refused") {
    CHECK_THAT(error_of(fmt::format(kGreenwave, "lost")),
               Contains("line 2: iib_greenwave_config has the key 'lost'"));
  }
  SECTION("the keys are exactly these three") {
    CHECK_THAT(error_of("iib_greenwave_config: {null: {decision_context: c, product_version: v}}"),
               Contains("iib_greenwave_config.iib is a map") && Contains("add subject_type"));
    CHECK_THAT(error_of("iib_greenwave_config: {null: {decision_context: c, product_version: v, "
                        "subject_type: koji_build, x: y}}"),
               Contains("remove the other keys"));
    CHECK_THAT(error_of("iib_greenwave_config: {null: {decision_context: c, product_version: v, "
                        "subject_type: bodhi}}"),
               Contains("must be `koji_build`, not 'bodhi'"));
  }
  SECTION("the place of Greenwave must be known") {
    CHECK_THAT(error_of("iib_greenwave_config: {null: {decision_context: c, product_version: v, "
                        "subject_type: koji_build}}"),
               Contains("line 1: iib_greenwave_config") && Contains("iib_greenwave_url"));
  }
}

TEST_CASE("check 2: binary images are configured by scope and version", "[config]") {
  CHECK(load_text("iib_binary_image_config: {prod: {v4.16: 'quay.io/ns/base:v4.16'}}")
            .config.binary_image_config.at("prod")
            .at("v4.16") == "quay.io/ns/base:v4.16");
  CHECK_THAT(error_of("iib_binary_image_config: [a]"), Contains("must be a map"));
  CHECK_THAT(error_of("iib_binary_image_config: {test: {v4.16: x}}"),
             Contains("the key 'test' is none of them"));
  CHECK_THAT(error_of("iib_binary_image_config: {prod: {v4.16: 1}}"),
             Contains("iib_binary_image_config.prod.v4.16 is '1'"));
  CHECK_THAT(error_of("iib_binary_image_config: {prod: {4.16: x}}"), Contains("put it in quotes"));
}

TEST_CASE("check 3: a bucket goes with no folder, and neither is demanded", "[config]") {
  CHECK(error_of("").empty());
  CHECK(error_of("iib_aws_s3_bucket_name: logs", kAws).empty());
  const std::string option = GENERATE("iib_request_logs_dir", "iib_request_related_bundles_dir",
                                      "iib_request_recursive_related_bundles_dir");
  CAPTURE(option);

  CHECK_THAT(error_of("iib_aws_s3_bucket_name: logs\n" + option + ": /tmp", kAws),
             Contains("line 2: " + option + " and iib_aws_s3_bucket_name are both set"));
}

TEST_CASE("check 4: a bucket is a text and needs the three variables", "[config]") {
  CHECK_THAT(error_of("iib_aws_s3_bucket_name: 7", kAws),
             Contains("iib_aws_s3_bucket_name is '7'"));
  const std::string name =
      GENERATE("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION");
  CAPTURE(name);

  CHECK_THAT(error_of("iib_aws_s3_bucket_name: logs", without(kAws, name)),
             Contains("line 1: iib_aws_s3_bucket_name needs the environment variable " + name));
}

TEST_CASE("check 5: tracing needs both variables", "[config]") {
  const Environment both{{"IIB_OTEL_TRACING", "true"},
                         {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://x"},
                         {"OTEL_SERVICE_NAME", "iib"}};
  CHECK(error_of("", both).empty());
  const std::string name = GENERATE("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME");
  CAPTURE(name);

  CHECK_THAT(error_of("", without(both, name)),
             Contains("environment variable IIB_OTEL_TRACING: iib_otel_tracing needs the "
                      "environment variable " +
                      name));
}

TEST_CASE("check 6: users have a queue or a map with an entry for all", "[config]") {
  CHECK(error_of("iib_user_to_queue: {alice: slow, bob: {all: fast}, carol: ''}").empty());
  CHECK_THAT(error_of("iib_user_to_queue: [alice]"),
             Contains("iib_user_to_queue is a list, but must be a map"));
  CHECK_THAT(error_of("iib_user_to_queue: {alice: 1}"), Contains("iib_user_to_queue.alice is '1'"));
  CHECK_THAT(error_of("iib_user_to_queue: {alice: [slow]}"),
             Contains("iib_user_to_queue.alice is a list"));
  CHECK_THAT(error_of("iib_user_to_queue: {bob: {'quay.io/ns/index:v4.16': fast}}"),
             Contains("add the entry `all`"));
  CHECK_THAT(error_of("iib_user_to_queue: {bob: {all: ''}}"),
             Contains("iib_user_to_queue.bob.all is empty"));
}

TEST_CASE("check 7: messages need brokers, and TLS needs certificates", "[config]") {
  const std::string destination =
      GENERATE("iib_messaging_build_state_destination", "iib_messaging_batch_state_destination");
  CAPTURE(destination);
  CHECK_THAT(error_of(destination + ": topic://x"),
             Contains("line 1: " + destination + " needs iib_messaging_urls"));

  const TempDir directory{std::filesystem::temp_directory_path()};
  const auto certificates = (directory.path() / "ca.pem").string();
  const auto tls =
      destination +
      ": topic://x\niib_messaging_urls: ['amqps://broker:5671']\niib_messaging_ca: " + certificates;
  CHECK_THAT(error_of(tls), Contains("line 3: iib_messaging_ca is '" + certificates));
  write_file_atomically(certificates, "no certificate");
  CHECK_THAT(error_of(tls), Contains("needs a file of certificates"));
  write_file_atomically(certificates, "-----BEGIN CERTIFICATE-----\n");
  CHECK(error_of(tls).empty());

  CHECK(error_of(destination + ": topic://x\niib_messaging_urls: ['amqp://broker']").empty());
  CHECK_THAT(error_of("iib_messaging_urls: ['http://broker']"),
             Contains("`amqps://` or `amqp://`"));
}

TEST_CASE("folders for artifacts exist and can be written", "[config]") {
  const TempDir directory{std::filesystem::temp_directory_path()};
  const std::string option = GENERATE("iib_request_logs_dir", "iib_request_related_bundles_dir",
                                      "iib_request_recursive_related_bundles_dir");
  CAPTURE(option);
  const auto folder = directory.path() / "logs";

  CHECK_THAT(error_of(option + ": " + folder.string()),
             Contains("line 1: " + option + " is '" + folder.string()) && Contains("make it"));
  write_file_atomically(folder, "a file");
  CHECK_THAT(error_of(option + ": " + folder.string()), Contains("must be a folder"));
  CHECK(error_of(option + ": " + directory.path().string()).empty());
  // What lies in the state directory is made at the start.
  CHECK(error_of(option + ": /var/lib/iibd/somewhere/else").empty());
}

TEST_CASE("a folder that only another user may write to is refused", "[config]") {
  const AsNobody nobody;

  CHECK_THROWS_WITH(
      load(std::nullopt, {{"IIB_REGISTRY", "r"}, {"IIB_REQUEST_LOGS_DIR", "/"}}, Mode::normal),
      Contains("IIB_REQUEST_LOGS_DIR") && Contains("change its owner or mode"));
}

TEST_CASE("queues get their workers from all who name them", "[config]") {
  const auto config =
      load_text(
          "iib_queues: {fast: 4, idle: 0}\n"
          "iib_user_to_queue: {alice: fast, bob: {all: slow, x: other}, 'SERIAL:carol': one}\n"
          "iib_sac_queues: [single]\n")
          .config;

  CHECK(config.queues == std::map<std::string, int>{{"fast", 4},
                                                    {"iib", 1},
                                                    {"idle", 0},
                                                    {"one", 1},
                                                    {"other", 1},
                                                    {"single", 1},
                                                    {"slow", 1}});
}

TEST_CASE("a queue whose jobs must run one at a time has one worker", "[config]") {
  CHECK(error_of("iib_queues: {one: 1, none: 0}\niib_sac_queues: [one, none]").empty());
  CHECK_THAT(error_of("iib_queues: {many: 2}\niib_sac_queues: [many]"),
             Contains("line 1: iib_queues gives queue 'many' 2 workers") &&
                 Contains("iib_sac_queues names it"));
  CHECK_THAT(error_of("iib_queues: {many: 2}\niib_user_to_queue: {'SERIAL:alice': many}"),
             Contains("iib_user_to_queue.SERIAL:alice names it"));
  CHECK_THAT(
      error_of("iib_queues: {many: 2}\niib_user_to_queue: {'SERIAL:alice': {all: one, x: many}}"),
      Contains("iib_user_to_queue.SERIAL:alice names it"));
  CHECK(error_of("iib_queues: {many: 2}\niib_user_to_queue: {'PARALLEL:alice': many}").empty());
}

TEST_CASE("a database of another kind stops the start", "[config]") {
  CHECK_THAT(error_of("sqlalchemy_database_uri: mysql://db/iib"), Contains("`sqlite:///`"));
  CHECK_THAT(error_of("sqlalchemy_database_uri: 'sqlite://'"), Contains("`sqlite:///`"));
  CHECK_THAT(error_of("sqlalchemy_database_uri: sqlite:////a.db\niib_database: sqlite:/b.db"),
             Contains("both set"));
}

TEST_CASE("the opm engine needs its programs", "[config]") {
  const TempDir directory{std::filesystem::temp_directory_path()};
  const auto opm = directory.path() / "opm";
  const Environment path{{"PATH", "/nowhere:" + directory.path().string()}};
  const std::string yaml = "iib_index_engine: opm\niib_ocp_opm_mapping: {v4.16: opm-416}";

  CHECK(error_of("iib_default_opm: nothing-like-it").empty());
  CHECK_THAT(error_of(yaml, path),
             Contains("iib_default_opm names the program 'opm', which is not on PATH"));
  write_file_atomically(opm, "#!/bin/sh\n", 0755);
  CHECK_THAT(error_of(yaml, path),
             Contains("line 2: iib_ocp_opm_mapping names the program 'opm-416'"));
  CHECK(error_of("iib_index_engine: opm", path).empty());
}

TEST_CASE("Konflux options come together", "[config]") {
  CHECK_THAT(error_of("iib_konflux_cluster_url: https://k"),
             Contains("needs iib_konflux_cluster_token too"));
  CHECK(error_of("iib_konflux_cluster_url: https://k\niib_konflux_cluster_token: t\n"
                 "iib_konflux_cluster_ca_cert: c\niib_konflux_namespace: n")
            .empty());
}

TEST_CASE("an open door is warned of", "[config]") {
  CHECK(mentions(load_text("login_disabled: true\niib_listen: 0.0.0.0:8080").warnings,
                 "anyone who can reach"));
  CHECK(load_text("login_disabled: true\niib_listen: ['[::1]:8080', 'unix:/run/x']")
            .warnings.empty());
  CHECK(load_text("iib_listen: 0.0.0.0:8080").warnings.empty());
}
