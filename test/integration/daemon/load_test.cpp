#include "site.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <thread>

namespace iib::test {

TEST_CASE("clients that submit at the same time and hang up are all answered, each once",
          "[serve]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "load-"};
  Daemon daemon{directory.path() / "state",
                "login_disabled: true\niib_registry: registry.example.com\n"
                "iib_queues: {iib: 0}\n"};
  daemon.start();
  constexpr std::size_t kClients = 8;
  constexpr std::size_t kEach = 250;
  const std::string body =
      R"({"operators": ["otter"], "binary_image": "registry.example.com/i:1",
          "from_index": "registry.example.com/x:1"})";

  std::vector<std::vector<std::int64_t>> answered(kClients);
  std::vector<std::string> failures(kClients);
  {
    std::vector<std::jthread> clients;
    for (std::size_t client = 0; client < kClients; ++client) {
      clients.emplace_back([&, client] {
        try {
          // Every call has a connection of its own.
          for (std::size_t each = 0; each < kEach; ++each) {
            answered[client].push_back(submit(daemon, "rm", body));
          }
        } catch (const std::exception& failure) {
          failures[client] = failure.what();
        }
      });
    }
  }

  std::set<std::int64_t> requests;
  for (std::size_t client = 0; client < kClients; ++client) {
    CAPTURE(client, failures[client], daemon.log());
    CHECK(answered[client].size() == kEach);
    CHECK(std::is_sorted(answered[client].begin(), answered[client].end()));
    requests.insert(answered[client].begin(), answered[client].end());
  }
  CHECK(requests.size() == kClients * kEach);
  const auto listed = daemon.get("/api/v1/builds?per_page=1");
  CHECK(listed.json["meta"]["total"].GetUint64() == kClients * kEach);
}

}  // namespace iib::test
