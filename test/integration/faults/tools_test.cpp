#include "fake_tools.hpp"
#include "faulty_site.hpp"
#include "iib/io/process.hpp"
#include "processes.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kMinimal = "login_disabled: true\niib_registry: registry.example.com\n";
/// The longest reason that is shown.
constexpr std::size_t kReasonBytes = 4096;

auto lines_of(const fs::path& file) {
  std::ifstream stream{file};
  return std::count(std::istreambuf_iterator<char>{stream}, {}, '\n');
}

/// Adds one bundle with `fakes` on PATH; gives the failed request's reason.
std::string reason_with(Site& site, const FakeTools& fakes, const std::string& more = {}) {
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  Daemon daemon{site.state(), site.configuration(more), fakes.environment()};
  daemon.start();
  const auto document = build(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));
  REQUIRE(text_of(document, "state") == "failed");
  auto reason = reason_of(document);
  CHECK(reason.size() <= kReasonBytes);
  CHECK_THAT(reason, Catch::Contains(" cannot be "));
  CHECK(fs::is_empty(site.state() / "work"));
  CHECK(daemon.stop() == 0);
  CHECK(fs::is_empty(site.state() / "programs"));
  return reason;
}

}  // namespace

TEST_CASE("tools that are missing stop the start and are named", "[faults][tools]") {
  const FakeTools tools;
  const TempDir directory{fs::temp_directory_path(), "faults-"};
  Daemon daemon{directory.path() / "state", kMinimal, {{"PATH", tools.folder().string()}}};

  SECTION("both") {
    CHECK(daemon.run_to_end() != 0);
    CHECK_THAT(daemon.log(), Catch::Contains("skopeo and buildah cannot be found on PATH"));
    CHECK_THAT(daemon.log(), Catch::Contains("install"));
  }
  SECTION("one") {
    tools.write("skopeo", "exit 0");
    CHECK(daemon.run_to_end() != 0);
    CHECK_THAT(daemon.log(), Catch::Contains("but buildah cannot be found on PATH"));
  }
  SECTION("or not executable") {
    tools.write("skopeo", "exit 0");
    tools.write("buildah", "exit 0");
    fs::permissions(tools.folder() / "skopeo", fs::perms{0644});
    CHECK(daemon.run_to_end() != 0);
    CHECK_THAT(daemon.log(), Catch::Contains("but skopeo cannot be found on PATH"));
  }
}

TEST_CASE("a tool that goes away later is told in the reason", "[faults][tools]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  const FakeTools fakes;
  fakes.write("skopeo", "exit 1");
  Daemon daemon{site.state(), site.configuration(), fakes.environment()};
  daemon.start();
  std::ofstream{fakes.folder() / "skopeo"} << "#!/no/such/interpreter\n";

  const auto document =
      build(daemon, "add", site.add_body({"r.example.com/b:1"}, {.add_arches = {"amd64"}}));

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(reason_of(document), Catch::Contains("skopeo cannot be started: No such file"));
}

TEST_CASE("a tool that hangs is ended at its deadline, with all it started", "[faults][tools]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  const FakeTools fakes;
  fakes.fail_at(
      "buildah", "from",
      "trap '' TERM\nenv FAULTS_HANG=$here sleep 1000 &\nenv FAULTS_HANG=$here sleep 1000");

  const auto begin = std::chrono::steady_clock::now();
  const auto reason = reason_with(site, fakes, "iib_build_timeout: 5\n");

  CHECK(std::chrono::steady_clock::now() - begin < 100s);
  CHECK_THAT(reason, Catch::StartsWith("the base ") && Catch::Contains("cannot be pulled"));
  CHECK_THAT(reason, Catch::Contains("did not end within 5 s"));
  CHECK_THAT(reason, Catch::Contains("iib_build_timeout"));
  CHECK(processes_with("FAULTS_HANG", fakes.folder().string()).empty());
}

TEST_CASE("a tool that floods its output is bounded", "[faults][tools]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  const FakeTools fakes;

  SECTION("instead of an answer") {
    fakes.fail_at("skopeo", "inspect", "yes flood | head -c 100000000\nexit 0");
    const auto reason = reason_with(site, fakes);
    CHECK_THAT(reason, Catch::Contains("skopeo wrote more than"));
    CHECK_THAT(reason, Catch::Contains("check the skopeo on the PATH"));
  }
  SECTION("of errors in one line") {
    fakes.fail_at("skopeo", "inspect", "yes flood | tr '\\n' ' ' | head -c 20000000 >&2\nexit 1");
    CHECK_THAT(reason_with(site, fakes), Catch::Contains("flood flood"));
  }
}

TEST_CASE("a tool that dies by a signal is tried again, and the signal told", "[faults][tools]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  const FakeTools fakes;
  fakes.fail_at("buildah", "push", "echo once >>$here/tries\nkill -SEGV $$");

  const auto reason = reason_with(site, fakes);

  CHECK_THAT(reason, Catch::StartsWith("the image ") && Catch::Contains("cannot be pushed"));
  CHECK_THAT(reason, Catch::Contains("signal 11 (Segmentation fault)"));
  CHECK(lines_of(fakes.folder() / "tries") == 2);
}

TEST_CASE("a tool that answers nonsense is not believed", "[faults][tools]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  const FakeTools fakes;
  const std::string nonsense_digest =
      "for each in \"$@\"; do [ \"$last\" = --digestfile ] && echo gibberish >$each; last=$each; "
      "done\nexit 0";

  SECTION("for a manifest") {
    fakes.fail_at("skopeo", "inspect", "echo gibberish\nexit 0");
    CHECK_THAT(reason_with(site, fakes), Catch::Contains("otter-operator:0.1.0"));
  }
  SECTION("nothing for a manifest") {
    fakes.fail_at("skopeo", "inspect", "exit 0");
    CHECK_THAT(reason_with(site, fakes), Catch::Contains("otter-operator:0.1.0"));
  }
  SECTION("for the layers") {
    fakes.fail_at("skopeo", "copy", "exit 0");
    CHECK_THAT(reason_with(site, fakes), Catch::Contains("otter-operator"));
  }
  SECTION("for the digest of an image") {
    fakes.fail_at("buildah", "push", nonsense_digest);
    CHECK_THAT(reason_with(site, fakes), Catch::Contains("told 'gibberish' as its digest"));
  }
  SECTION("no digest of a manifest list") {
    fakes.fail_at("buildah", "manifest",
                  "for each in \"$@\"; do [ \"$each\" = push ] && exit 0; done");
    CHECK_THAT(reason_with(site, fakes),
               Catch::StartsWith("the manifest list ") && Catch::Contains("told no digest"));
  }
}

}  // namespace iib::test
