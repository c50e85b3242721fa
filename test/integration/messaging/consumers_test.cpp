// The consumers that docs/messaging.md shows, as they stand there, at a real broker.

#include "amqp_broker.hpp"
#include "commands.hpp"
#include "eventually.hpp"
#include "post_office.hpp"
#include "rabbitmq.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iib;
using namespace iib::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

constexpr std::size_t kMostText = 1UL << 20U;

/// The first block of code in `language` on the page.
std::string example(const std::string& language) {
  const auto page = read_file(IIBD_SOURCE_ROOT "/docs/messaging.md", kMostText);
  const auto fence = "```" + language + "\n";
  const auto begin = page.find(fence);
  REQUIRE(begin != std::string::npos);
  const auto text = begin + fence.size();
  return page.substr(text, page.find("\n```", text) + 1 - text);
}

/// The lines that a consumer has printed so far.
std::vector<std::string> lines_of(const std::filesystem::path& output) {
  std::vector<std::string> lines;
  std::string text;
  if (std::filesystem::exists(output)) text = read_file(output, kMostText);
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;) {
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::vector<std::string> lines_about(int request, const std::filesystem::path& output) {
  auto lines = lines_of(output);
  const auto begin = fmt::format("{} ", request);
  std::erase_if(lines, [&](const std::string& line) { return !line.starts_with(begin); });
  return lines;
}

}  // namespace

TEST_CASE("the consumers of the documentation print every state once, in order", "[messaging]") {
  if (!RabbitMq::installed()) IIBD_SKIP("needs rabbitmq-server");
  // Debian's own: its packages are not there for another.
  const std::string python = "/usr/bin/python3";
  if (run({python, "-c", "import proton"}).status != 0) IIBD_SKIP("needs python3-qpid-proton");
  const PostOffice office;
  const auto& folder = office.directory.path();
  const auto file = [&](const char* name) { return (folder / name).string(); };
  write_file_atomically(file("states.py"), example("python"));
  write_file_atomically(file("states.cpp"), example("cpp"));
  must_run({"g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", file("states.cpp"),
            "-lqpid-proton-cpp", "-o", file("states")});
  const RabbitMq rabbit;
  { const AmqpConsumer declares{rabbit.url(), {"/queue/iib.build"}}; }
  Daemon daemon{office.state(),
                PostOffice::configuration(rabbit.url(), "/amq/queue/iib.build", "/topic/iib.batch",
                                          "iib_queues: {iib: 0}\n")};
  daemon.start();
  const auto run_request = [&](int number) {
    REQUIRE(daemon.post("/api/v1/builds/add", kQuickRequest).status == 201);
    const auto path = fmt::format("/api/v1/builds/{}", number);
    REQUIRE(daemon.patch(path, R"({"state": "complete", "state_reason": "done"})").status == 200);
  };

  {
    const Background consumer{
        {python, file("states.py"), rabbit.url(), "/amq/queue/iib.build"}, {}, file("python.txt")};
    run_request(1);
    run_request(2);
    eventually(120s, [&] { return lines_of(file("python.txt")).size() >= 4; });
  }
  {
    const Background consumer{
        {file("states"), rabbit.url(), "/amq/queue/iib.build"}, {}, file("cpp.txt")};
    run_request(3);
    eventually(120s, [&] { return lines_about(3, file("cpp.txt")).size() >= 2; });
  }

  auto printed = lines_of(file("python.txt"));
  std::stable_sort(printed.begin(), printed.end(), [](const auto& one, const auto& other) {
    return one.front() < other.front();  // between requests there is no order
  });
  const std::string accepted = "in_progress The request was accepted and waits for a worker";
  CHECK(printed == std::vector<std::string>{"1 " + accepted, "1 complete done", "2 " + accepted,
                                            "2 complete done"});
  // What the first one had printed and not yet acknowledged at its end comes to the second.
  printed = lines_about(3, file("cpp.txt"));
  REQUIRE(printed.size() == 2);
  CHECK_THAT(printed[0], Catch::StartsWith("3 in_progress {") && Contains(R"("id":3)"));
  CHECK_THAT(printed[1], Catch::StartsWith("3 complete {") && Contains(R"("state_reason":"done")"));
}
