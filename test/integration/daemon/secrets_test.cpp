#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr auto kToken = "robot:tern-plumage-4711";
constexpr auto kCnrToken = "basic kittiwake-0815";
constexpr std::size_t kLargestFile = 64UL << 20U;

std::string configuration(int workers) {
  return fmt::format(
      "login_disabled: true\niib_registry: registry.example.com\niib_log_level: DEBUG\n"
      "iib_queues: {{iib: {}}}\n",
      workers);
}

std::string body_with_secrets() {
  return fmt::format(
      R"({{"bundles": ["registry.example.com/b:1"], "binary_image": "registry.example.com/i:1",
           "from_index": "registry.example.com/x:1", "overwrite_from_index": true,
           "overwrite_from_index_token": "{}", "cnr_token": "{}",
           "build_tags": ["7"]}})",  // which is refused before any registry is asked
      kToken, kCnrToken);
}

/// The files of the daemon (database, write-ahead log, logs, its own journal) that hold a secret
/// in plain text.
std::vector<std::string> files_with_secrets(const Daemon& daemon) {
  std::vector<fs::path> files{daemon.state().string() + ".log"};
  fs::recursive_directory_iterator entry{daemon.state()};
  for (; entry != fs::recursive_directory_iterator{}; ++entry) {
    // The storage of the tools is swept while we look, by programs whose records come and go;
    // nothing of a request that waits is in either.
    for (const auto* folder : {"containers", "programs"}) {
      if (entry->path() == daemon.state() / folder) entry.disable_recursion_pending();
    }
    if (entry->is_regular_file()) files.push_back(entry->path());
  }
  std::vector<std::string> found;
  for (const auto& file : files) {
    const auto content = read_file(file, kLargestFile);
    for (const auto* secret : {kToken, kCnrToken, "tern-plumage-4711", "kittiwake-0815"}) {
      if (content.find(secret) != std::string::npos) found.push_back(file.string());
    }
  }
  return found;
}

}  // namespace

TEST_CASE("the secrets of a request lie nowhere in plain text, queued or ended", "[secrets]") {
  const TempDir directory{fs::temp_directory_path(), "secrets-"};
  std::int64_t request = 0;
  {
    Daemon daemon{directory.path() / "state", configuration(0)};
    daemon.start();
    const auto answer = daemon.post("/api/v1/builds/add", body_with_secrets());
    REQUIRE(answer.status == 201);
    request = answer.json["id"].GetInt64();

    CHECK_THAT(answer.body, !Catch::Contains("token"));
    CHECK(fs::exists(daemon.state() / "iibd.db-wal"));
    CHECK(files_with_secrets(daemon).empty());
    CHECK(daemon.stop() == 0);
    CHECK(files_with_secrets(daemon).empty());
  }

  Daemon daemon{directory.path() / "state", configuration(1)};
  daemon.start();
  const auto document = daemon.wait_final(request);
  CHECK_THAT(text_of(document, "state_reason"), Catch::Contains("build_tags"));
  CHECK(files_with_secrets(daemon).empty());
  daemon.kill();
  CHECK(files_with_secrets(daemon).empty());
}

TEST_CASE("the key of the secrets is made at the first start, for its owner only", "[secrets]") {
  const TempDir directory{fs::temp_directory_path(), "secrets-"};
  Daemon daemon{directory.path() / "state", configuration(1)};
  daemon.start();

  const auto key = fs::status(daemon.state() / "secret.key");

  CHECK((key.permissions() & fs::perms::mask) == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a queued request whose key was lost fails with that reason", "[secrets]") {
  const TempDir directory{fs::temp_directory_path(), "secrets-"};
  std::int64_t request = 0;
  {
    Daemon daemon{directory.path() / "state", configuration(0)};
    daemon.start();
    request = submit(daemon, "add", body_with_secrets());
    REQUIRE(daemon.stop() == 0);
  }
  write_file_atomically(directory.path() / "state" / "secret.key", std::string(32, 'k'), 0600);

  Daemon daemon{directory.path() / "state", configuration(1)};
  daemon.start();
  const auto document = daemon.wait_final(request);

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"), Catch::Contains("key"));
  CHECK(files_with_secrets(daemon).empty());
}

}  // namespace iib::test
