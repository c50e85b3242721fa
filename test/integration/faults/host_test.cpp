#include "eventually.hpp"
#include "fake_tools.hpp"
#include "faulty_site.hpp"
#include "fragments.hpp"
#include "index_image.hpp"
#include "small_disk.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <future>
#include <set>
#include <thread>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kMinimal = "login_disabled: true\niib_registry: registry.example.com\n";
constexpr auto kNoWorkers = "iib_queues: {iib: 0}\n";
constexpr auto kRmBody = R"({"operators": ["o"], "binary_image": "r.example.com/i:1",
                             "from_index": "r.example.com/x:1"})";

std::set<int> descriptors_of(pid_t process) {
  std::set<int> numbers;
  for (const auto& entry : fs::directory_iterator{fmt::format("/proc/{}/fd", process)}) {
    numbers.insert(std::stoi(entry.path().filename().string()));
  }
  return numbers;
}

/// Those that it has when nothing happens: a connection and a log take a moment to be closed.
std::set<int> lasting_descriptors_of(pid_t process) {
  auto fewest = descriptors_of(process);
  eventually(2s, [&] {
    auto now = descriptors_of(process);
    if (now.size() < fewest.size()) fewest = std::move(now);
    return false;
  });
  return fewest;
}

/// The entries of the directory of a daemon's requests: those kept for later ones, and all.
struct WorkEntries {
  std::size_t kept = 0;
  std::size_t all = 0;
};

WorkEntries entries_of(const fs::path& work) {
  WorkEntries entries;
  for (const auto& entry : fs::directory_iterator{work}) {
    ++entries.all;
    if (entry.path().filename().string().starts_with("catalog-")) ++entries.kept;
  }
  return entries;
}

/// Leaves `bytes` of the disk free.
void fill_but(const SmallDisk& disk, std::uintmax_t bytes) {
  const auto available = fs::space(disk.path()).available;
  REQUIRE(available > bytes);
  std::ofstream file{disk.filler(), std::ios::binary};
  const std::string block(4096, 'x');
  for (auto left = available - bytes; left >= block.size() && file; left -= block.size()) {
    file << block;
  }
  REQUIRE(file.flush());
}

/// The limit below which `room` numbers are free: it is one of numbers, not of how many there are.
rlim_t limit_with_room(const std::set<int>& taken, int room) {
  int limit = 0;
  for (int free = 0; free < room; ++limit) {
    if (!taken.contains(limit)) ++free;
  }
  return static_cast<rlim_t>(limit);
}

void limit_descriptors(pid_t process, rlim_t soft) {
  rlimit limit{};
  ::prlimit(process, RLIMIT_NOFILE, nullptr, &limit);
  limit.rlim_cur = std::min(soft, limit.rlim_max);
  REQUIRE(::prlimit(process, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

/// The end of the sweep that follows the start: its programs write to the disk, too.
bool is_swept(const fs::path& state) {
  const auto storage = state / "containers";
  return eventually(60s, [&] {
    // Written once the sweep has begun, for which it has a directory of its own.
    if (!fs::exists(storage / "storage.conf")) return false;
    std::error_code gone;
    const auto entries = fs::directory_iterator{storage, gone};
    return std::none_of(fs::begin(entries), fs::end(entries), [](const auto& entry) {
      return entry.path().filename().string().starts_with("sweep-");
    });
  });
}

}  // namespace

TEST_CASE("a disk that fills up in any step fails the request, and the next one is built",
          "[faults][disk]") {
  IIBD_NEEDS_TOOLS();
  const SmallDisk disk{"80m"};
  IIBD_NEEDS_DISK(disk);
  Site site;
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  const auto body = site.add_body({bundle}, {.add_arches = {"amd64"}});
  const auto state = disk.path() / "state";
  const FakeTools fakes;
  auto environment = fakes.environment();
  environment["IIB_STATE_DIR"] = state.string();  // its log stays on a disk with room
  Daemon daemon{site.state(), site.configuration(), environment};
  const auto [tool, command] = GENERATE(table<std::string, std::string>({{"skopeo", "inspect"},
                                                                         {"skopeo", "copy"},
                                                                         {"buildah", "from"},
                                                                         {"buildah", "add"},
                                                                         {"buildah", "commit"}}));
  CAPTURE(tool, command);
  fakes.fail_at(tool, command,
                fmt::format("[ -e $here/full ] || dd if=/dev/zero of={} bs=4k 2>/dev/null; "
                            "touch $here/full",
                            disk.filler().string()));
  daemon.start();
  REQUIRE(is_swept(state));

  const auto request = submit(daemon, "add", body);
  REQUIRE(eventually(60s, [&] { return fs::exists(fakes.folder() / "full"); }));
  // What a step needs room for fails; a state that cannot be stored is kept until it can.
  const bool may_wait = command == "inspect";
  const auto told = may_wait ? std::string{"storing progress: try 1"}
                             : fmt::format("request {} is failed: ", request);
  CHECK(eventually(60s, [&] { return daemon.log().find(told) != std::string::npos; }));
  fs::remove(disk.filler());
  const auto document = daemon.wait_final(request);

  const auto reason = reason_of(document);
  CAPTURE(reason);
  if (may_wait) {
    CHECK(text_of(document, "state") == "complete");
  } else {
    CHECK(text_of(document, "state") == "failed");
    CHECK_THAT(reason,
               Catch::Contains("room") || Catch::Contains("free space") || Catch::Contains("disk"));
    CHECK_THAT(reason, !Catch::Contains("internal error"));
  }
  CHECK(fs::is_empty(state / "work"));
  CHECK(bundles_of(site.registry(), build_index(daemon, "add", body)) ==
        std::vector<std::string>{"otter-operator.v0.1.0"});
}

TEST_CASE("on a full disk nothing is accepted that cannot be kept, and reading goes on",
          "[faults][disk]") {
  const SmallDisk disk{"80m"};
  IIBD_NEEDS_DISK(disk);
  Daemon daemon{disk.path() / "state", std::string{kMinimal} + kNoWorkers};
  daemon.start();
  submit(daemon, "rm", kRmBody);
  disk.fill();

  int status = 201;
  std::string error;
  int accepted = 1;
  // The write-ahead log may have some room left of its own.
  for (int count = 0; count < 200 && status == 201; ++count) {
    const auto answer = daemon.post("/api/v1/builds/rm", kRmBody);
    status = answer.status;
    error = answer.body;
    if (status == 201) ++accepted;
  }

  CHECK(status == 500);
  CHECK_THAT(error, !Catch::Contains(disk.path().string()));
  const auto list = daemon.get("/api/v1/builds");
  CHECK(list.status == 200);
  CHECK(list.json["meta"]["total"].GetInt() == accepted);
  fs::remove(disk.filler());
  CHECK(daemon.post("/api/v1/builds/rm", kRmBody).status == 201);
}

TEST_CASE("a disk without room for a build is told before it begins", "[faults][disk]") {
  IIBD_NEEDS_TOOLS();
  const SmallDisk disk{"40m"};
  IIBD_NEEDS_DISK(disk);
  Site site;
  Daemon daemon{disk.path() / "state", site.configuration()};
  daemon.start();

  const auto document =
      build(daemon, "add", site.add_body({"r.example.com/b:1"}, {.add_arches = {"amd64"}}));

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(reason_of(document), Catch::Contains("nearly full") && Catch::Contains("make room"));
}

TEST_CASE("what is kept for later requests makes way for a build on a full disk",
          "[faults][disk]") {
  IIBD_NEEDS_TOOLS();
  const SmallDisk disk{"500m"};
  IIBD_NEEDS_DISK(disk);
  Site site;
  site.use_image_engine("embedded");
  const auto state = disk.path() / "state";
  Daemon daemon{site.state(), site.configuration(), {{"IIB_STATE_DIR", state.string()}}};
  daemon.start();
  constexpr std::size_t kBytes = 32UL << 20U;
  const auto index =
      site.push_image("index", {.layers = {{{.path = "configs/tern/catalog.json",
                                             .content = package_blobs("tern", "1.0.0")}}},
                                .labels = {{kConfigsLabel, "/configs"}}});
  const auto fragment = site.push_image(
      "fragment", fragment_image("wren", package_blobs("wren", "1.0.0") +
                                             R"({"schema":"example.large","text":")" +
                                             std::string(kBytes, 'x') + "\"}\n"));
  build_index(daemon, "fbc-operations",
              fmt::format(R"({{"from_index":"{}","binary_image":"{}","fbc_fragment":"{}"}})", index,
                          site.base(), fragment));
  const auto work = state / "work";
  REQUIRE(entries_of(work).kept > 0);
  REQUIRE(eventually(60s, [&] {
    const auto entries = entries_of(work);
    return entries.kept == entries.all;
  }));
  constexpr std::size_t kTooFew = 56UL << 20U;
  fill_but(disk, kTooFew);

  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  const auto document = build(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));

  CAPTURE(reason_of(document));
  CHECK(text_of(document, "state") == "complete");
  CHECK(entries_of(work).kept == 0);
}

TEST_CASE("a state directory that cannot be written stops the start", "[faults][disk]") {
  const SmallDisk disk{"1m"};
  IIBD_NEEDS_DISK(disk);
  Daemon daemon{disk.path() / "state", ""};  // its log and configuration lie beside the state
  const TempDir outside{fs::temp_directory_path(), "faults-"};
  Daemon elsewhere{
      outside.path() / "state", kMinimal, {{"IIB_STATE_DIR", (disk.path() / "state").string()}}};

  SECTION("because it is read-only") {
    disk.forbid_writing();
    CHECK(elsewhere.run_to_end() != 0);
    CHECK_THAT(elsewhere.log(), Catch::Contains("iib_state_dir"));
    CHECK_THAT(elsewhere.log(), Catch::Contains("Read-only file system"));
  }
  SECTION("because the disk is full") {
    disk.fill();
    CHECK(elsewhere.run_to_end() != 0);
    CHECK_THAT(elsewhere.log(), !Catch::Contains("internal error"));
    CHECK_THAT(elsewhere.log(), Catch::Contains("No space left") || Catch::Contains("room"));
  }
}

TEST_CASE("a state directory of another user stops the start, naming the option",
          "[faults][rights]") {
  if (::geteuid() != 0) IIBD_SKIP("only root can give a directory away");
  const TempDir directory{fs::temp_directory_path(), "faults-"};
  Daemon daemon{directory.path() / "state", kMinimal};
  fs::create_directory(daemon.state());
  constexpr uid_t kOther = 1;
  REQUIRE(::chown(daemon.state().c_str(), kOther, kOther) == 0);
  int status = 0;

  // In a thread, for it does not get the capabilities back.
  std::thread{[&] {
    ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
    ::prctl(PR_CAPBSET_DROP, CAP_FOWNER, 0, 0, 0);
    status = daemon.run_to_end();
  }}.join();

  CHECK(status != 0);
  CHECK_THAT(daemon.log(), Catch::Contains("iib_state_dir") &&
                               Catch::Contains(daemon.state().string()) &&
                               Catch::Contains("Permission denied"));
}

TEST_CASE("a database that another program locks is waited for, and then told",
          "[faults][database]") {
  const TempDir directory{fs::temp_directory_path(), "faults-"};
  Daemon daemon{directory.path() / "state", std::string{kMinimal} + kNoWorkers};
  daemon.start();
  constexpr int kPatienceMs = 60'000;  // should the daemon write at this moment
  SQLite::Database other{(daemon.state() / "iibd.db").string(), SQLite::OPEN_READWRITE,
                         kPatienceMs};
  other.exec("BEGIN EXCLUSIVE");

  const auto refused = daemon.post("/api/v1/builds/rm", kRmBody);
  CHECK(refused.status == 500);
  CHECK(daemon.get("/api/v1/builds").status == 200);
  other.exec("COMMIT");

  CHECK(daemon.post("/api/v1/builds/rm", kRmBody).status == 201);
  CHECK_THAT(daemon.log(), Catch::Contains("locked by another program"));
  CHECK(daemon.get("/api/v1/builds").json["meta"]["total"].GetInt() == 1);
}

TEST_CASE("a database that another program keeps for itself stops the start",
          "[faults][database]") {
  const TempDir directory{fs::temp_directory_path(), "faults-"};
  Daemon daemon{directory.path() / "state", kMinimal};
  daemon.start();
  REQUIRE(daemon.stop() == 0);
  SQLite::Database other{(daemon.state() / "iibd.db").string(), SQLite::OPEN_READWRITE};
  other.exec("PRAGMA locking_mode = EXCLUSIVE");
  other.exec("BEGIN EXCLUSIVE");

  CHECK(daemon.run_to_end() != 0);

  CHECK_THAT(daemon.log(), Catch::Contains("locked by another program"));
}

TEST_CASE("a truncated database stops the start and stays as it is", "[faults][database]") {
  const TempDir directory{fs::temp_directory_path(), "faults-"};
  Daemon daemon{directory.path() / "state", std::string{kMinimal} + kNoWorkers};
  daemon.start();
  for (int count = 0; count < 20; ++count) submit(daemon, "rm", kRmBody);
  REQUIRE(daemon.stop() == 0);
  const auto database = daemon.state() / "iibd.db";
  const auto size = fs::file_size(database) * GENERATE(1, 2, 3) / 4 / 4096 * 4096 + 100;
  fs::resize_file(database, size);

  CHECK(daemon.run_to_end() != 0);

  CHECK_THAT(daemon.log(), Catch::Contains("damaged") && Catch::Contains("restore a backup"));
  CHECK(fs::file_size(database) == size);
}

TEST_CASE("a daemon without descriptors goes on once it has some again", "[faults][descriptors]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  const auto body = site.add_body({bundle}, {.add_arches = {"amd64"}});
  // The check of dynamic types opens a pipe and calls a sound object unsound when it gets none.
  Daemon daemon{site.state(), site.configuration(), {{"UBSAN_OPTIONS", "halt_on_error=0"}}};
  daemon.start();
  // After a build, what is done once after the start needs no descriptors any more.
  REQUIRE(text_of(build(daemon, "add", body), "state") == "complete");

  // Room for the connection that submits, the request's log and a file that is written, but for no
  // program: that needs seven. Nobody asks how it goes, for that takes some, too.
  limit_descriptors(daemon.pid(), limit_with_room(lasting_descriptors_of(daemon.pid()), 5));
  const auto request = submit(daemon, "add", body);
  const auto failed = fmt::format("request {} is failed: ", request);
  CHECK(eventually(60s, [&] { return daemon.log().find(failed) != std::string::npos; }));
  const auto document = daemon.wait_final(request);
  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(reason_of(document), Catch::Contains("open files"));
  CHECK_THAT(reason_of(document), !Catch::Contains("internal error"));

  limit_descriptors(daemon.pid(), 3);
  auto waiting =
      std::async(std::launch::async, [&] { return daemon.get("/api/v1/builds").status; });
  CHECK(eventually(
      60s, [&] { return daemon.log().find("could not be accepted") != std::string::npos; }));
  limit_descriptors(daemon.pid(), RLIM_INFINITY);
  CHECK(waiting.get() == 200);
  CHECK(text_of(build(daemon, "add", body), "state") == "complete");
  CHECK(daemon.stop() == 0);
}

}  // namespace iib::test
