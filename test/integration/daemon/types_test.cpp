#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

// One road per type through the real daemon, from the POST to the end; none needs a registry.

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr auto kConfiguration =
    "login_disabled: true\n"
    "iib_registry: registry.example.com\n"
    "iib_trusted_proxies: [127.0.0.1]\n"
    "iib_total_attempts: 1\n"
    "iib_log_level: DEBUG\n";
constexpr std::size_t kLargestFile = 64UL << 20U;

struct Road {
  std::string type;
  std::string body;
};

std::vector<Road> roads() {
  return {
      {"merge-index-image", R"({"source_from_index": "127.0.0.1:1/s:1",
          "target_index": "127.0.0.1:1/t:1", "binary_image": "127.0.0.1:1/o:1",
          "overwrite_target_index": true, "overwrite_target_index_token": "u:dGVybi1wbHVtYWdl"})"},
      {"create-empty-index", R"({"from_index": "127.0.0.1:1/i:1",
          "binary_image": "127.0.0.1:1/o:1", "labels": {"v": "1"}, "output_fbc": true})"},
      {"recursive-related-bundles", R"({"parent_bundle_image": "127.0.0.1:1/b:1",
          "registry_auths": {"auths": {"127.0.0.1:1": {"auth": "dGVybi1wbHVtYWdl"}}}})"},
      {"fbc-operations", R"({"from_index": "127.0.0.1:1/i:1", "binary_image": "127.0.0.1:1/o:1",
          "fbc_fragment": "127.0.0.1:1/f:1", "overwrite_from_index": true,
          "overwrite_from_index_token": "u:dGVybi1wbHVtYWdl"})"},
      {"add-deprecations", R"({"from_index": "127.0.0.1:1/i:1",
          "binary_image": "127.0.0.1:1/o:1", "operator_package": "otter",
          "deprecation_schema": "{\"schema\": \"olm.deprecations\", \"package\": \"otter\"}"})"},
  };
}

std::string endpoint(const std::string& type) {
  return "/api/v1/builds/" + type;
}

/// The files of the daemon in which `secret` stands in plain text.
std::vector<std::string> files_with(const Daemon& daemon, std::string_view secret) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator{daemon.state()}) {
    if (!entry.is_regular_file()) continue;
    if (read_file(entry.path(), kLargestFile).find(secret) != std::string::npos) {
      found.push_back(entry.path().string());
    }
  }
  return found;
}

std::string taken(std::int64_t request, std::string_view queue) {
  return fmt::format("request {} was taken by queue '{}'", request, queue);
}

}  // namespace

TEST_CASE("a request of any type is accepted, then fails by the registry that does not answer",
          "[types]") {
  const TempDir directory{fs::temp_directory_path(), "types-"};
  Daemon daemon{directory.path() / "state", kConfiguration};
  daemon.start();

  for (const auto& road : roads()) {
    CAPTURE(road.type);
    const auto answer = daemon.post(endpoint(road.type), road.body, "tern");
    REQUIRE(answer.status == 201);
    CHECK(text_of(answer.json, "state") == "in_progress");
    CHECK(text_of(answer.json, "request_type") == road.type);

    const auto document = daemon.wait_final(answer.json["id"].GetInt64());
    CHECK(text_of(document, "state") == "failed");
    CHECK_THAT(text_of(document, "state_reason"), Catch::Contains("127.0.0.1:1/"));
    CHECK(document["arches"].Empty());
  }
  CHECK(daemon.get(endpoint("5/deprecation-schema")).body ==
        R"({"schema": "olm.deprecations", "package": "otter"})");
  CHECK(daemon.get(endpoint("4/deprecation-schema")).status == 400);
  CHECK_THAT(daemon.log(), !Catch::Contains("dGVybi1wbHVtYWdl"));
  daemon.kill();
  CHECK(files_with(daemon, "dGVybi1wbHVtYWdl").empty());
}

TEST_CASE("a batch has the state of its members", "[types]") {
  const TempDir directory{fs::temp_directory_path(), "types-"};
  Daemon daemon{directory.path() / "state", kConfiguration};
  daemon.start();
  const std::string element = R"({"from_bundle_image": "127.0.0.1:1/b:1"})";

  const auto answer = daemon.post(
      endpoint("regenerate-bundle-batch"),
      R"({"annotations": {"ticket": "T-7"}, "build_requests": [)" + element + "," + element + "]}");

  REQUIRE(answer.status == 201);
  REQUIRE(answer.json.Size() == 2);
  for (const auto& member : answer.json.GetArray()) {
    const auto document = daemon.wait_final(member["id"].GetInt64());
    CHECK(document["batch"].GetInt64() == answer.json[0]["batch"].GetInt64());
    CHECK(text_of(document["batch_annotations"], "ticket") == "T-7");
  }
  const auto refused = daemon.post(endpoint("regenerate-bundle-batch"),
                                   R"({"build_requests": [)" + element + ", {}]}");
  CHECK(refused.status == 400);
  CHECK_THAT(refused.body, Catch::Contains("build_requests[1]"));
  CHECK(daemon.get("/api/v1/builds").json["meta"]["total"].GetInt() == 2);
}

TEST_CASE("jobs go to the queues of their user, order and index", "[types]") {
  const TempDir directory{fs::temp_directory_path(), "types-"};
  Daemon daemon{directory.path() / "state",
                std::string{kConfiguration} +
                    "iib_user_to_queue:\n"
                    "  'SERIAL:tern': {all: serial-all, '127.0.0.1:1/i:1': serial-one}\n"
                    "  'PARALLEL:tern': {all: parallel-all, '127.0.0.1:1/i:1': parallel-one}\n"
                    "  heron: herons\n"};
  daemon.start();
  const std::string plain =
      R"({"from_index": "127.0.0.1:1/i:1", "binary_image": "127.0.0.1:1/o:1")";
  // The tag is one that add and rm refuse at once, so that nothing looks for a registry.
  const std::string common = plain + R"(, "build_tags": ["7"])";
  const std::string overwrite =
      R"(, "overwrite_from_index": true, "overwrite_from_index_token": "u:p")";
  struct Case {
    std::string user;
    std::string type;
    std::string body;
    std::string queue;
  };
  const std::vector<Case> cases{
      {"tern", "add", common + overwrite + "}", "serial-one"},
      {"tern", "add", common + "}", "parallel-one"},
      {"tern", "add",
       R"({"bundles": ["r/b:1"], "add_arches": ["amd64"], "binary_image": "r/o:1",
           "build_tags": ["7"]})",
       "parallel-all"},
      {"tern", "merge-index-image", roads()[0].body, "serial-all"},
      {"tern", "create-empty-index", plain + "}", "parallel-all"},
      {"tern", "recursive-related-bundles", R"({"parent_bundle_image": "r/b:1"})", "parallel-all"},
      {"tern", "fbc-operations", common + overwrite + R"(, "fbc_fragment": "r/f:1"})",
       "serial-one"},
      {"heron", "rm", common + overwrite + R"(, "operators": ["otter"]})", "herons"},
      {"wren", "rm", common + R"(, "operators": ["otter"]})", "iib"},
      {"", "rm", common + R"(, "operators": ["otter"]})", "iib"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.user, row.type, row.queue);
    const auto answer = daemon.post(endpoint(row.type), row.body, row.user);
    REQUIRE(answer.status == 201);
    const auto id = answer.json["id"].GetInt64();
    static_cast<void>(daemon.wait_final(id));
    CHECK_THAT(daemon.log(), Catch::Contains(taken(id, row.queue)));
  }
}

TEST_CASE("a serial queue cannot be given a second worker", "[types]") {
  const TempDir directory{fs::temp_directory_path(), "types-"};
  Daemon daemon{directory.path() / "state",
                std::string{kConfiguration} +
                    "iib_queues: {slow: 2}\niib_user_to_queue: {'SERIAL:tern': slow}\n"};

  CHECK(daemon.run_to_end() != 0);
  CHECK_THAT(daemon.log(), Catch::Contains("iib_queues") && Catch::Contains("'slow'"));
}

}  // namespace iib::test
