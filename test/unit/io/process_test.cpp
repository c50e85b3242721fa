#include "iib/io/process.hpp"

#include "eventually.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <future>
#include <iterator>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using iib::Cancellation;
using iib::io::Exit;
using iib::io::Program;
using iib::io::ProgramRunner;

namespace fs = std::filesystem;

Program shell(const std::string& script, std::chrono::seconds limit = 60s) {
  return Program{.name = "sh", .arguments = {"-c", script}, .limit = limit};
}

/// 'Z' for a zombie, 'X' when there is no such process.
char state_of(const std::string& pid) {
  std::ifstream file{"/proc/" + pid + "/stat"};
  std::string text;
  std::getline(file, text);  // which tells a process that ends meanwhile by an empty text
  const auto end = text.rfind(')');
  return end == std::string::npos || end + 2 >= text.size() ? 'X' : text[end + 2];
}

bool is_gone(const std::string& pid) {
  const char state = state_of(pid);
  return state == 'X' || state == 'Z';
}

/// The first line of `path`, once it is there.
std::string first_line(const fs::path& path) {
  std::string line;
  REQUIRE(iib::test::eventually(10s, [&] {
    std::ifstream file{path};
    return static_cast<bool>(std::getline(file, line)) && !file.eof();
  }));
  return line;
}

struct Fixture {
  iib::TempDir directory{fs::temp_directory_path()};
  fs::path records = make(directory.path() / "records");
  ProgramRunner runner{records};

  static fs::path make(const fs::path& path) {
    fs::create_directory(path);
    return path;
  }
};

}  // namespace

TEST_CASE("a program's status and both streams are told apart", "[io][process]") {
  Fixture fixture;

  const Exit exit = fixture.runner.run(shell("echo out; echo err >&2; exit 3"), {});

  CHECK(exit.status == 3);
  CHECK(exit.signal == 0);
  CHECK(exit.output == "out\n");
  CHECK(exit.error_output == "err\n");
  CHECK(fs::is_empty(fixture.records));
}

TEST_CASE("output is captured byte for byte, zeros and all", "[io][process]") {
  Fixture fixture;

  const Exit exit = fixture.runner.run(shell(R"(printf 'a\000b\r\n')"), {});

  CHECK(exit.output == std::string("a\0b\r\n", 5));
}

TEST_CASE("a program gets its own environment, folder and an empty input", "[io][process]") {
  Fixture fixture;
  auto program = shell("cat; echo \"$IIBD_PROBE\"; pwd");
  program.environment["IIBD_PROBE"] = "a b";
  program.working_directory = fixture.records;

  const Exit exit = fixture.runner.run(program, {});

  CHECK(exit.output == "a b\n" + fs::canonical(fixture.records).string() + "\n");
}

TEST_CASE("arguments reach the program as they are", "[io][process]") {
  Fixture fixture;
  Program program{.name = "printf", .arguments = {"%s\n", "$HOME", "a b", "'\"", ""}};

  CHECK(fixture.runner.run(program, {}).output == "$HOME\na b\n'\"\n\n");
}

TEST_CASE("no descriptor of the daemon reaches a program", "[io][process]") {
  Fixture fixture;
  std::array<int, 2> leaky{};
  REQUIRE(::pipe(leaky.data()) == 0);  // without close-on-exec, on purpose

  const Exit exit = fixture.runner.run(shell("ls /proc/self/fd | wc -l"), {});

  ::close(leaky[0]);
  ::close(leaky[1]);
  CHECK(std::stoi(exit.output) == 4);  // the three streams and the folder that ls reads
}

TEST_CASE("a flood of output is bounded and does not block the program", "[io][process]") {
  Fixture fixture;
  auto program =
      shell("yes begin | head -c 20000000; yes end | head -c 20000000 >&2; echo last >&2");
  program.output_bytes = 1000;

  const Exit exit = fixture.runner.run(program, {});

  CHECK(exit.status == 0);
  CHECK(exit.output.size() == 1000);
  CHECK(exit.output.starts_with("begin\n"));
  CHECK(exit.output_cut);
  CHECK(exit.error_output.size() == 1000);
  CHECK(exit.error_output.ends_with("last\n"));
}

TEST_CASE("death by a signal is told as such", "[io][process]") {
  Fixture fixture;

  const Exit exit = fixture.runner.run(shell("kill -SEGV $$"), {});

  CHECK(exit.signal == SIGSEGV);
  CHECK(exit.status == -1);
}

TEST_CASE("a missing program is an error that names it and PATH", "[io][process]") {
  Fixture fixture;

  CHECK_THROWS_WITH(fixture.runner.run(Program{.name = "no-such-tool"}, {}),
                    Catch::Contains("no-such-tool") && Catch::Contains("PATH"));
  CHECK(iib::io::find_program("no-such-tool").empty());
  CHECK(iib::io::find_program("sh").is_absolute());
}

TEST_CASE("a file that is no program is an error naming the cause", "[io][process]") {
  Fixture fixture;
  iib::write_file_atomically(fixture.directory.path() / "text", "no program", 0755);

  CHECK_THROWS_WITH(
      fixture.runner.run(Program{.name = (fixture.directory.path() / "text").string()}, {}),
      Catch::Contains("Exec format error"));
}

TEST_CASE("at its limit a program is ended and the error says after how long", "[io][process]") {
  Fixture fixture;
  // sleep obeys SIGTERM: no grace is used up. A busy machine may take a second of its own, but
  // hardly each time.
  std::chrono::steady_clock::duration least = 1h;
  for (int tries = 0; tries < 3 && least >= 2s; ++tries) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK_THROWS_WITH(fixture.runner.run(shell("exec sleep 100", 1s), {}), Catch::Contains("1 s"));
    least = std::min(least, std::chrono::steady_clock::now() - begin);
  }

  CHECK(least < 2s);
}

TEST_CASE("a deadline that has passed starts nothing", "[io][process]") {
  Fixture fixture;
  const Cancellation late{{}, std::chrono::steady_clock::now()};

  CHECK_THROWS_AS(
      fixture.runner.run(shell("touch " + (fixture.directory.path() / "ran").string()), late),
      iib::ExternalError);
  CHECK_FALSE(fs::exists(fixture.directory.path() / "ran"));
}

TEST_CASE("cancellation ends the whole group, even what ignores SIGTERM", "[io][process]") {
  Fixture fixture;
  const auto pids = fixture.directory.path() / "pids";
  std::stop_source source;
  auto running = std::async(std::launch::async, [&] {
    return fixture.runner.run(
        shell("trap '' TERM; (trap '' TERM; sleep 100; sleep 100) & echo $! > " + pids.string() +
              "; wait; sleep 100"),
        Cancellation{source.get_token()});
  });
  const auto descendant = first_line(pids);

  source.request_stop();

  CHECK_THROWS_AS(running.get(), iib::Cancelled);
  CHECK(iib::test::eventually(30s, [&] { return is_gone(descendant); }));
  CHECK(fs::is_empty(fixture.records));
}

TEST_CASE("a descendant that keeps the pipes open does not delay the end", "[io][process]") {
  Fixture fixture;
  const auto begin = std::chrono::steady_clock::now();

  const Exit exit = fixture.runner.run(shell("sleep 100 & echo $!"), {});

  CHECK(exit.status == 0);
  CHECK(std::chrono::steady_clock::now() - begin < 30s);
  const auto descendant = exit.output.substr(0, exit.output.size() - 1);
  CHECK(iib::test::eventually(30s, [&] { return is_gone(descendant); }));
}

TEST_CASE("several programs at once each get their own output and status", "[io][process]") {
  Fixture fixture;
  std::vector<std::future<Exit>> running;
  for (int i = 0; i < 32; ++i) {
    running.push_back(std::async(std::launch::async, [&fixture, i] {
      return fixture.runner.run(shell("echo " + std::to_string(i) + "; exit " + std::to_string(i)),
                                {});
    }));
  }

  for (int i = 0; i < 32; ++i) {
    const Exit exit = running[static_cast<std::size_t>(i)].get();
    CHECK(exit.status == i);
    CHECK(exit.output == std::to_string(i) + "\n");
  }
}

TEST_CASE("a program outlives the thread that asked for it only as long as its runner's process",
          "[io][process]") {
  // The parent-death signal fires when the forking thread ends. That is the runner's own thread, so
  // a program runs on although other threads come and go.
  Fixture fixture;
  auto running = std::async(std::launch::async,
                            [&] { return fixture.runner.run(shell("sleep 0.3; echo done"), {}); });
  std::thread{[&] { (void)fixture.runner.run(shell("true"), {}); }}.join();

  CHECK(running.get().output == "done\n");
}

namespace {

/// Forks a process that runs a long program with a helper of its own, as a daemon would, and kills
/// it with SIGKILL once both run. Gives the numbers of both.
std::pair<std::string, std::string> leave_orphans(const fs::path& records, const fs::path& pids) {
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    ProgramRunner runner{records};
    (void)runner.run(shell("sleep 100 & echo \"$$ $!\" > " + pids.string() + "; wait"), {});
    ::_exit(0);
  }
  const auto line = first_line(pids);
  const auto space = line.find(' ');
  const std::string leader = line.substr(0, space);
  REQUIRE(iib::test::eventually(10s, [&] { return fs::exists(records / leader); }));
  ::kill(daemon, SIGKILL);
  ::waitpid(daemon, nullptr, 0);
  return {leader, line.substr(space + 1)};
}

}  // namespace

TEST_CASE("programs die with the daemon, and the next start ends their helpers", "[io][process]") {
  iib::TempDir directory{fs::temp_directory_path()};
  const auto records = Fixture::make(directory.path() / "records");
  const auto [leader, helper] = leave_orphans(records, directory.path() / "pids");

  CHECK(iib::test::eventually(30s, [dead = leader] { return is_gone(dead); }));
  REQUIRE_FALSE(is_gone(helper));  // the signal reaches the leader only

  const ProgramRunner next{records};

  // /proc may show a process for a moment after it has lost its memory.
  CHECK(iib::test::eventually(30s, [dead = helper] { return is_gone(dead); }));
  CHECK(fs::is_empty(records));
}

TEST_CASE("a record whose number belongs to a stranger harms nobody", "[io][process]") {
  Fixture stranger;
  iib::TempDir directory{fs::temp_directory_path()};
  std::stop_source source;
  const auto pids = directory.path() / "pids";
  auto running = std::async(std::launch::async, [&] {
    return stranger.runner.run(shell("echo $$ > " + pids.string() + "; exec sleep 100"),
                               Cancellation{source.get_token()});
  });
  const auto pid = first_line(pids);
  const auto records = Fixture::make(directory.path() / "records");
  iib::write_file_atomically(records / pid, "1 0123456789abcdef\n");

  const ProgramRunner next{records};

  CHECK_FALSE(is_gone(pid));
  CHECK(fs::is_empty(records));
  source.request_stop();
  CHECK_THROWS_AS(running.get(), iib::Cancelled);
}
