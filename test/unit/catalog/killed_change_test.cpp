// Ends changes of an index at random moments and looks at what is left. The seed is printed;
// IIBD_KILL_SEED repeats it (the moments, not the machine's timing).

#include "golden_support.hpp"
#include "index_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using catalog::Catalog;
using catalog::SourceUse;
using std::chrono::microseconds;

/// Half of them for each way of changing.
constexpr int kKills = 25;
/// Changes that end before the signal comes do not count, but not for ever.
constexpr int kMostRounds = 10 * kKills;

unsigned chosen_seed() {
  const char* wanted = std::getenv("IIBD_KILL_SEED");
  const auto seed =
      wanted != nullptr ? static_cast<unsigned>(std::stoul(wanted)) : std::random_device{}();
  std::cout << "IIBD_KILL_SEED=" << seed << '\n' << std::flush;
  return seed;
}

BundleFileTexts files_with_weight(const std::string& notation) {
  constexpr int kLines = 800;
  auto files = files_of(notation);
  std::string object =
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: weight\ndata:\n  text: |\n";
  for (int line = 0; line < kLines; ++line)
    object += fmt::format("    {} line {:060}\n", notation, line);
  files["manifests/weight.yaml"] = std::move(object);
  return files;
}

/// An index of some megabytes, and the ways of changing it that are interrupted.
class Subject {
 public:
  Subject() {
    constexpr int kPackages = 12;
    std::vector<catalog::BundleSource> bundles;
    for (int package = 1; package <= kPackages; ++package) {
      for (const std::string notation :
           {"p{0}.v1(1.0.0; package p{0})", "p{0}.v2(2.0.0; replaces p{0}.v1; package p{0})"}) {
        bundles.push_back(source(fmt::format(fmt::runtime(notation), package)));
      }
    }
    original_ = fixture_.engine.add({}, bundles, {}, fixture_.work()).path;
    added_ = {source("p1.v3(3.0.0; replaces p1.v2; package p1)"),
              source("p7.v3(3.0.0; replaces p7.v2; skips p7.v1; package p7)"),
              source("new.v1(1.0.0; package new)")};
  }

  using Change = std::function<Catalog(const Catalog& from, const catalog::Work& work)>;

  std::vector<Change> changes() {
    return {
        [this](const Catalog& from, const catalog::Work& work) {
          return fixture_.engine.add(from, added_, {}, work);
        },
        [this](const Catalog& from, const catalog::Work& work) {
          return fixture_.engine.remove(from, std::vector<std::string>{"p3", "p8"}, work);
        },
        [this](const Catalog& from, const catalog::Work& work) {
          return fixture_.engine.deprecate(from, std::vector<std::string>{"reg/p5.v2:1"},
                                           {.allow_package_removal = true}, work);
        },
        [this](const Catalog& from, const catalog::Work& work) {
          return fixture_.engine.add(from, added_, {.mode = catalog::UpdateMode::semver}, work);
        },
    };
  }

  /// A fresh copy of the index where a user has it.
  [[nodiscard]] fs::path put(const fs::path& directory) const {
    for (const auto& entry : fs::directory_iterator{directory}) fs::remove_all(entry);
    auto file = directory / "catalog.db";
    fs::copy_file(original_, file);
    return file;
  }

  [[nodiscard]] const fs::path& directory() const { return fixture_.directory(); }
  [[nodiscard]] const fs::path& original() const { return original_; }
  [[nodiscard]] catalog::Work work() const { return fixture_.work(); }
  /// The tables, once the engine has opened the file.
  Tables tables(const fs::path& file) {
    static_cast<void>(fixture_.engine.list({.path = file}, fixture_.work()));
    return index_tables(file, Depths::compare);
  }

 private:
  catalog::BundleSource source(const std::string& notation) {
    const auto name = notation.substr(0, notation.find('('));
    return fixture_.write(files_with_weight(notation), fmt::format("reg/{}:1", name));
  }

  IndexFixture fixture_;
  fs::path original_;
  std::vector<catalog::BundleSource> added_;
};

/// Changes `file` as a program would that a user starts on it.
void change_file(const fs::path& file, const fs::path& work_directory, const Subject& subject,
                 const Subject::Change& change, SourceUse use) {
  auto work = subject.work();
  fs::create_directories(work_directory);
  work.directory = work_directory;
  work.source_use = use;
  const auto result = change({.path = file}, work);
  if (result.path != file) fs::rename(result.path, file);
}

/// Runs `work` in a child that is killed after `delay`. Whether the signal ended it.
bool run_and_kill(const std::function<void()>& work, microseconds delay) {
  std::array<int, 2> ready{};
  REQUIRE(::pipe(ready.data()) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ready[1]);  // the parent sees the end of it: the work begins
    ::close(ready[0]);
    try {
      work();
    } catch (...) {
      ::_exit(EXIT_FAILURE);
    }
    ::_exit(EXIT_SUCCESS);
  }
  ::close(ready[1]);
  char none = 0;
  static_cast<void>(::read(ready[0], &none, 1));
  ::close(ready[0]);
  const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  REQUIRE(handle >= 0);
  pollfd end{.fd = handle, .events = POLLIN, .revents = 0};
  const timespec limit{.tv_sec = delay.count() / 1'000'000,
                       .tv_nsec = delay.count() % 1'000'000 * 1'000};
  static_cast<void>(::ppoll(&end, 1, &limit, nullptr));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(handle);
  if (WIFEXITED(status)) REQUIRE(WEXITSTATUS(status) == EXIT_SUCCESS);
  return WIFSIGNALED(status);
}

void check_equal(const Tables& expected, const Tables& actual) {
  const auto unequal = difference(expected, actual);
  INFO(unequal);
  CHECK(unequal.empty());
}

}  // namespace

TEST_CASE("whenever a change is killed, the old index is there and can be changed",
          "[catalog][kill]") {
  const auto use = GENERATE(SourceUse::copy, SourceUse::in_place);
  CAPTURE(use == SourceUse::in_place);
  static const auto seed = chosen_seed();
  std::mt19937 random{seed};
  Subject subject;
  const TempDir user{subject.directory(), "user-"};
  const auto work_directory = user.path() / "work";
  const auto before = subject.tables(subject.original());

  /// A change, how long it takes undisturbed, and what it leads to.
  struct Known {
    Subject::Change change;
    microseconds took;
    Tables after;
  };
  std::vector<Known> known;
  for (auto& change : subject.changes()) {
    const auto file = subject.put(user.path());
    const auto start = std::chrono::steady_clock::now();
    change_file(file, work_directory, subject, change, use);
    const auto took =
        std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start);
    auto after = subject.tables(file);
    REQUIRE_FALSE(difference(before, after).empty());
    known.push_back({std::move(change), took, std::move(after)});
  }

  int killed = 0;
  int undone = 0;
  int journals = 0;
  // In place, one kill at least must fall into the time of the journal; how long that is differs
  // with the disk.
  const auto enough = [&] {
    return killed >= kKills && undone > kKills / 2 && (use == SourceUse::copy || journals > 0);
  };
  for (int round = 0; !enough() && round < kMostRounds; ++round) {
    const auto& chosen = known.at(static_cast<std::size_t>(round) % known.size());
    const auto file = subject.put(user.path());
    std::uniform_int_distribution<microseconds::rep> moment{0, chosen.took.count()};
    const bool hit =
        run_and_kill([&] { change_file(file, work_directory, subject, chosen.change, use); },
                     microseconds{moment(random)});
    if (!hit) continue;
    ++killed;
    if (fs::exists(fs::path{file} += "-journal")) ++journals;

    const auto left = subject.tables(file);
    const bool is_old = difference(before, left).empty();
    if (is_old) ++undone;
    // Killed between the commit and its end, it may have done all.
    if (!is_old) check_equal(chosen.after, left);
    CHECK_FALSE(fs::exists(fs::path{file} += "-journal"));

    if (is_old) {
      change_file(file, work_directory, subject, chosen.change, use);
      check_equal(chosen.after, subject.tables(file));
    }
    // What a killed change leaves is in its work directory only.
    fs::remove_all(work_directory);
    CHECK(std::distance(fs::directory_iterator{user.path()}, {}) == 1);
  }

  std::cout << fmt::format("killed {} changes {}: {} undone, {} journals\n", killed,
                           use == SourceUse::in_place ? "in place" : "of a copy", undone, journals);
  CHECK(killed >= kKills);
  CHECK(undone > kKills / 2);
  if (use == SourceUse::in_place) CHECK(journals > 0);
}

}  // namespace iib::test
