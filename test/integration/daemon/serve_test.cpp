#include "iib/io/process.hpp"
#include "index_image.hpp"
#include "loopback.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr auto kMinimal = "login_disabled: true\niib_registry: registry.example.com\n";

/// Runs the binary, or another program with it, to its end.
io::Exit run(const fs::path& directory, std::vector<std::string> arguments,
             const std::string& program = IIBD_BINARY) {
  const TempDir records{fs::temp_directory_path(), "records-"};
  io::ProgramRunner runner{records.path()};
  return runner.run({.name = program,
                     .arguments = std::move(arguments),
                     .environment = {{"IIB_LISTEN", "127.0.0.1:0"}},
                     .working_directory = directory},
                    Cancellation{});
}

/// Starts the program $0 in development mode, stops it once it listens, and ends as it does.
constexpr auto kServeUntilListening = R"sh(
"$0" serve --dev 2>said &
daemon=$!
tries=0
until grep -q 'listening on' said || [ $tries -gt 600 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
kill -TERM $daemon
wait $daemon
)sh";

/// A port of loopback that someone listens on.
class TakenPort {
 public:
  TakenPort() { port_.listen(1); }

  [[nodiscard]] std::string address() const { return fmt::format("127.0.0.1:{}", port_.number()); }

 private:
  OwnPort port_;
};

}  // namespace

TEST_CASE("a wrong configuration stops the start with file, line and key", "[serve]") {
  const TempDir directory{fs::temp_directory_path(), "serve-"};
  const auto state = directory.path() / "state";

  SECTION("an unknown key, with the nearest known one") {
    Daemon daemon{state, "iib_registri: registry.example.com\n"};
    CHECK(daemon.run_to_end() != 0);
    CHECK_THAT(daemon.log(), Catch::Contains("state.yaml, line 3"));
    CHECK_THAT(daemon.log(), Catch::Contains("iib_registri"));
    CHECK_THAT(daemon.log(), Catch::Contains("iib_registry"));
  }
  SECTION("a wrong type") {
    Daemon daemon{state, std::string{kMinimal} + "iib_max_per_page: many\n"};
    CHECK(daemon.run_to_end() != 0);
    CHECK_THAT(daemon.log(), Catch::Contains("state.yaml, line 5"));
    CHECK_THAT(daemon.log(), Catch::Contains("iib_max_per_page"));
  }
  SECTION("a required option that is missing") {
    Daemon daemon{state, "login_disabled: true\n"};
    CHECK(daemon.run_to_end() != 0);
    CHECK_THAT(daemon.log(), Catch::Contains("iib_registry"));
  }
  CHECK_FALSE(fs::exists(state / "iibd.db"));
}

TEST_CASE("a port that is taken stops the start, naming the address", "[serve]") {
  const TempDir directory{fs::temp_directory_path(), "serve-"};
  const TakenPort port;
  Daemon daemon{directory.path() / "state", kMinimal, {{"IIB_LISTEN", port.address()}}};

  CHECK(daemon.run_to_end() != 0);

  CHECK_THAT(daemon.log(), Catch::Contains(port.address()));
}

TEST_CASE("development mode needs no file and says loudly what it is", "[serve]") {
  const TempDir directory{fs::temp_directory_path(), "serve-"};

  const auto exit = run(directory.path(), {"-c", kServeUntilListening, IIBD_BINARY}, "sh");

  const auto said = read_file(directory.path() / "said", 1UL << 20U);
  INFO(said << exit.error_output);
  CHECK(exit.status == 0);
  CHECK_THAT(said, Catch::Contains("DEVELOPMENT", Catch::CaseSensitive::No));
  bool has_state = false;
  for (const auto& entry : fs::recursive_directory_iterator{directory.path()}) {
    has_state = has_state || entry.path().filename() == "iibd.db";
  }
  CHECK(has_state);
}

TEST_CASE("the command line checks, prints and tells its version", "[serve]") {
  const TempDir directory{fs::temp_directory_path(), "serve-"};

  SECTION("config check passes a right file and refuses a wrong one with its line") {
    std::ofstream{directory.path() / "right.yaml"} << kMinimal;
    std::ofstream{directory.path() / "wrong.yaml"} << kMinimal << "iib_queues: {iib: -1}\n";
    CHECK(run(directory.path(), {"config", "check", "right.yaml"}).status == 0);
    const auto wrong = run(directory.path(), {"config", "check", "wrong.yaml"});
    CHECK(wrong.status != 0);
    CHECK_THAT(wrong.error_output, Catch::Contains("wrong.yaml, line 3"));
    CHECK_THAT(wrong.error_output, Catch::Contains("iib_queues"));
  }
  SECTION("config default prints what is installed as iibd.yaml") {
    const auto printed = run(directory.path(), {"config", "default"});
    CHECK(printed.status == 0);
    CHECK(printed.output ==
          read_file(fs::path{IIBD_SOURCE_ROOT} / "etc" / "iibd.yaml", 1UL << 20U));
  }
  SECTION("--version and --help") {
    CHECK_THAT(run(directory.path(), {"--version"}).output, Catch::StartsWith("iibd 0."));
    for (const auto& command : {std::vector<std::string>{"--help"},
                                {"serve", "--help"},
                                {"config", "--help"},
                                {"db", "backup", "--help"}}) {
      const auto help = run(directory.path(), command);
      CHECK(help.status == 0);
      CHECK_FALSE(help.output.empty());
    }
  }
  SECTION("a wrong command line ends with status 2") {
    CHECK(run(directory.path(), {"sreve"}).status == 2);
  }
}

TEST_CASE("the database can be copied while the daemon runs", "[serve]") {
  const TempDir directory{fs::temp_directory_path(), "serve-"};
  Daemon daemon{directory.path() / "state", std::string{kMinimal} + "iib_queues: {iib: 0}\n"};
  daemon.start();
  submit(daemon, "rm",
         R"({"operators": ["o"], "binary_image": "r.example.com/i:1",
             "from_index": "r.example.com/x:1"})");
  const auto copy = (directory.path() / "copy.db").string();

  const auto exit = run(directory.path(), {"db", "backup", "--config", "state.yaml", copy});

  INFO(exit.error_output);
  REQUIRE(exit.status == 0);
  SQLite::Database database{copy};
  CHECK(database.execAndGet("SELECT count(*) FROM request").getInt() == 1);
  CHECK(database.execAndGet("PRAGMA integrity_check").getString() == "ok");
}

TEST_CASE("a database newer than the binary is refused and stays as it is", "[serve]") {
  const TempDir directory{fs::temp_directory_path(), "serve-"};
  const auto state = directory.path() / "state";
  {
    Daemon daemon{state, kMinimal};
    daemon.start();
    REQUIRE(daemon.stop() == 0);
  }
  {
    SQLite::Database database{(state / "iibd.db").string(), SQLite::OPEN_READWRITE};
    database.exec("PRAGMA user_version = 9999");
  }

  Daemon daemon{state, kMinimal};
  CHECK(daemon.run_to_end() != 0);

  CHECK_THAT(daemon.log(), Catch::Contains("9999"));
  SQLite::Database database{(state / "iibd.db").string()};
  CHECK(database.execAndGet("PRAGMA user_version").getInt() == 9999);
}

TEST_CASE("routes, methods and pages are answered as the contract says", "[serve]") {
  const TempDir directory{fs::temp_directory_path(), "serve-"};
  Daemon daemon{directory.path() / "state", kMinimal};
  daemon.start();

  for (const auto* path :
       {"/api/v1/nothing", "/api/v1/builds/", "/api/v1/builds/1", "/api/v1/builds/0",
        "/api/v1/builds/99999999999999999999", "/api/v1/builds/1/logs", "/api/v1/builds?page=2"}) {
    CAPTURE(path);
    const auto answer = daemon.get(path);
    CHECK(answer.status == 404);
    CHECK(answer.json.HasMember("error"));
  }
  const auto deleted = daemon.send("DELETE", "/api/v1/builds/1");
  CHECK(deleted.status == 405);
  CHECK_THAT(deleted.headers.at("allow"), Catch::Contains("GET"));
  const auto head = daemon.send("HEAD", "/api/v1/builds");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(daemon.send("OPTIONS", "/api/v1/builds/add").status == 200);
  CHECK(daemon.get("/api/v1/builds?state=odd").status == 400);
  CHECK(daemon.get("/api/v1/healthcheck").status == 200);
}

}  // namespace iib::test
