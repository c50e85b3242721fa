#include "commands.hpp"
#include "eventually.hpp"
#include "skip.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <memory>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr auto kHeron = "heron-operator/1.0.0";
constexpr auto kOtter = "otter-operator/0.1.0";

std::string text_of(const std::string& file) {
  return iib::read_file(file, 16U << 20U);
}

void fill(Commands& commands, const std::string& file) {
  REQUIRE(commands.run({"add", "--database", file, sample(kHeron)}).status == 0);
}

}  // namespace

TEST_CASE("a changed database keeps its mode", "[cli]") {
  Commands commands;
  fill(commands, "index.db");
  fs::permissions(commands.path("index.db"), fs::perms{0604});

  REQUIRE(commands.run({"add", "--database", "index.db", sample(kOtter)}).status == 0);

  CHECK(fs::status(commands.path("index.db")).permissions() == fs::perms{0604});
}

TEST_CASE("a changed database keeps its owner when root changes it", "[cli]") {
  if (::geteuid() != 0) IIBD_SKIP("needs root");
  Commands commands;
  fill(commands, "index.db");
  REQUIRE(::chown(commands.path("index.db").c_str(), 4711, 4712) == 0);

  REQUIRE(commands.run({"add", "--database", "index.db", sample(kOtter)}).status == 0);

  struct stat found {};
  REQUIRE(::stat(commands.path("index.db").c_str(), &found) == 0);
  CHECK(found.st_uid == 4711);
  CHECK(found.st_gid == 4712);
}

TEST_CASE("a symbolic link stays, and what it points to is changed", "[cli]") {
  Commands commands;
  fs::create_directory(commands.path("real"));
  fs::create_symlink("real/index.db", commands.path("link.db"));

  fill(commands, "link.db");
  REQUIRE(commands.run({"add", "--database", "link.db", sample(kOtter)}).status == 0);

  CHECK(fs::is_symlink(commands.path("link.db")));
  CHECK(fs::is_regular_file(fs::symlink_status(commands.path("real/index.db"))));
  CHECK(bundles_in(commands.path("real/index.db")).size() == 2);
}

TEST_CASE("commands at once on one file lose no change", "[cli]") {
  Commands commands;
  const auto file = commands.path("index.db");
  const Names samples{"heron-operator/1.0.0", "otter-operator/0.1.0"};
  for (int round = 0; round < 5; ++round) {
    fs::remove(file);
    std::vector<std::unique_ptr<RunningCommand>> running;
    for (const auto& name : samples) {
      running.push_back(std::make_unique<RunningCommand>(
          commands, Arguments{"add", "--database", file, sample(name)}));
    }

    for (auto& each : running) {
      const auto ended = each->wait();
      CAPTURE(ended.errors);
      CHECK(ended.status == 0);
    }

    CHECK(bundles_in(file) == Names{"heron-operator.v1.0.0", "otter-operator.v0.1.0"});
    CHECK(commands.files() == Names{"index.db"});
  }
}

TEST_CASE("a command waits for the one that changes its file, and says so", "[cli]") {
  Commands commands;
  SilentRegistry registry;
  const auto file = commands.path("index.db");
  RunningCommand first{commands, {"add", "--database", file, registry.image()}};
  REQUIRE(eventually(60s, [&] { return registry.waited_for(); }));
  RunningCommand second{commands, {"add", "--database", file, sample(kHeron)}};
  REQUIRE(eventually(60s, [&] { return !second.errors().empty(); }));

  CHECK_THAT(second.errors(), Contains("waiting for another iibd that changes " + file));
  CHECK_FALSE(fs::exists(file));
  registry.end();

  CHECK(first.wait().status == 1);
  CHECK(second.wait().status == 0);
  CHECK(bundles_in(file) == Names{"heron-operator.v1.0.0"});
}

TEST_CASE("an interrupted command ends in order and changes nothing", "[cli]") {
  Commands commands;
  SilentRegistry registry;
  fill(commands, "index.db");
  const auto file = commands.path("index.db");
  const auto before = text_of(file);
  const int number = GENERATE(SIGINT, SIGTERM, SIGHUP);
  CAPTURE(number);
  RunningCommand running{commands, {"add", "--database", file, registry.image()}};
  REQUIRE(eventually(60s, [&] { return registry.waited_for(); }));

  running.signal(number);
  const auto ended = running.wait();

  CHECK(ended.status == 1);
  CHECK(ended.errors == "iibd: interrupted; nothing was changed\n");
  CHECK(text_of(file) == before);
  CHECK(commands.files() == Names{"index.db"});
}

TEST_CASE("a killed command leaves the old database, and the next one tidies up", "[cli]") {
  Commands commands;
  SilentRegistry registry;
  fill(commands, "index.db");
  const auto file = commands.path("index.db");
  const auto before = text_of(file);
  {
    RunningCommand running{commands, {"add", "--database", file, registry.image()}};
    REQUIRE(eventually(60s, [&] { return registry.waited_for(); }));
    running.signal(SIGKILL);
    REQUIRE(running.wait().status == -1);
  }

  CHECK(text_of(file) == before);
  CHECK(commands.files().size() > 1);  // nobody could tidy up
  CHECK(commands.run({"add", "--database", "index.db", sample(kOtter)}).status == 0);
  CHECK(commands.files() == Names{"index.db"});
}

TEST_CASE("the database may lie on another file system than TMPDIR", "[cli]") {
  struct stat here {};
  struct stat there {};
  Commands commands;
  if (::stat("/dev/shm", &there) != 0 || ::stat(commands.directory().c_str(), &here) != 0 ||
      here.st_dev == there.st_dev) {
    IIBD_SKIP("needs a second file system at /dev/shm");
  }
  const iib::TempDir other{"/dev/shm", "iibd-cli-"};
  const auto file = (other.path() / "index.db").string();

  fill(commands, file);
  CHECK(commands.run({"add", "--database", file, sample(kOtter)}).status == 0);
  CHECK(bundles_in(file).size() == 2);
}

TEST_CASE("what cannot be changed is refused with the reason", "[cli]") {
  Commands commands;
  fill(commands, "index.db");

  SECTION("a directory") {
    fs::create_directory(commands.path("folder"));
    const auto ended = commands.run({"add", "--database", "folder", sample(kOtter)});
    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("folder is no regular file"));
  }
  SECTION("a file in a directory that is not there") {
    const auto ended = commands.run({"add", "--database", "no/index.db", sample(kOtter)});
    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("there is no directory no; make it first"));
  }
  SECTION("a database that another program is writing") {
    SQLite::Database other{commands.path("index.db"), SQLite::OPEN_READWRITE};
    other.exec("BEGIN EXCLUSIVE");
    const auto ended = commands.run({"add", "--database", "index.db", sample(kOtter)});
    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("index.db is in use by another program"));
  }
  SECTION("an output that another program is writing") {
    iib::write_file_atomically(commands.path("out.db-journal"), "pages");
    const auto ended =
        commands.run({"add", "--database", "index.db", "--output", "out.db", sample(kOtter)});
    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("out.db-journal is there"));
    CHECK_FALSE(fs::exists(commands.path("out.db")));
  }
  SECTION("a symbolic link that leads in circles") {
    fs::create_symlink("circle.db", commands.path("circle.db"));
    const auto ended = commands.run({"add", "--database", "circle.db", sample(kOtter)});
    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("leads in circles"));
  }
  SECTION("what is no database") {
    iib::write_file_atomically(commands.path("text.db"), "this is no database, only text");
    const auto ended =
        commands.run({"add", "--database", "text.db", "--format", "json", sample(kOtter)});
    CHECK(ended.status == 1);
    CHECK(error_kinds(ended) == Names{"invalid-index"});
    CHECK(text_of(commands.path("text.db")) == "this is no database, only text");
  }
}
