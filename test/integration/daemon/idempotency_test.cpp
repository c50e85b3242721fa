#include "site.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <set>

// The header Idempotency-Key, on the real daemon.

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr auto kRm = "/api/v1/builds/rm";
constexpr auto kBody =
    R"({"operators": ["otter"], "from_index": "registry.example.com/x:1",
        "binary_image": "registry.example.com/o:1", "overwrite_from_index": true,
        "overwrite_from_index_token": "u:dunlin-4711", "build_tags": ["7"]})";

/// Without workers requests stay as they are; with one they end at once, for their tag is refused.
std::string configuration(int workers) {
  return "login_disabled: true\niib_registry: registry.example.com\n"
         "iib_trusted_proxies: [127.0.0.1]\niib_queues: {iib: " +
         std::to_string(workers) + "}\n";
}

Answer post(const Daemon& daemon, const std::string& key, const std::string& body = kBody,
            const std::string& user = "tern") {
  return daemon.post_with({{"Idempotency-Key", key}, {"X-Remote-User", user}}, kRm, body);
}

std::int64_t stored(const Daemon& daemon) {
  return daemon.get("/api/v1/builds").json["meta"]["total"].GetInt64();
}

}  // namespace

TEST_CASE("a repeated POST gets the first answer, also after the request's end", "[idempotency]") {
  const TempDir directory{fs::temp_directory_path(), "idempotency-"};
  Daemon daemon{directory.path() / "state", configuration(1)};
  daemon.start();

  const auto first = post(daemon, "one");
  REQUIRE(first.status == 201);
  const auto ended = daemon.wait_final(first.json["id"].GetInt64());
  const auto again = post(daemon, "one");
  const auto other_user = post(daemon, "one", kBody, "heron");

  CHECK(text_of(ended, "state") == "failed");
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(other_user.status == 201);
  CHECK(other_user.json["id"].GetInt64() != first.json["id"].GetInt64());
  CHECK(stored(daemon) == 2);
}

TEST_CASE("a repeated POST gets the first answer after a death of the daemon", "[idempotency]") {
  const TempDir directory{fs::temp_directory_path(), "idempotency-"};
  std::string first;
  {
    Daemon daemon{directory.path() / "state", configuration(0)};
    daemon.start();
    const auto answer = post(daemon, "one");
    REQUIRE(answer.status == 201);
    first = answer.body;
    daemon.kill();
  }
  Daemon daemon{directory.path() / "state", configuration(0)};
  daemon.start();

  // Links of the first answer lead to the port it came from.
  CHECK(post(daemon, "one").body == first);
  const auto other = post(daemon, "one", R"({"operators": ["heron"]})");
  CHECK(other.status == 409);
  CHECK_THAT(other.body, Catch::Contains("'one'") && !Catch::Contains("dunlin"));
  CHECK(stored(daemon) == 1);
}

TEST_CASE("many POSTs at once with one key are one submission", "[idempotency]") {
  const TempDir directory{fs::temp_directory_path(), "idempotency-"};
  Daemon daemon{directory.path() / "state", configuration(0)};
  daemon.start();

  for (const auto* key : {"one", "two", "three"}) {
    std::vector<std::future<Answer>> answers;
    answers.reserve(8);
    for (int count = 0; count < 8; ++count) {
      answers.push_back(
          std::async(std::launch::async, [&daemon, key] { return post(daemon, key); }));
    }
    std::set<std::string> bodies;
    for (auto& answer : answers) bodies.insert(answer.get().body);
    CHECK(bodies.size() == 1);
  }
  CHECK(stored(daemon) == 3);
}

}  // namespace iib::test
