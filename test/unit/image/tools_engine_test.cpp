#include "iib/image/tools_engine.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using iib::ExternalError;
using iib::image::Access;
using iib::image::ToolsEngine;
using iib::image::ToolsEngineOptions;
using iib::model::ImageReference;

namespace fs = std::filesystem;

/// A PATH that begins with a directory of scripts which play skopeo and buildah.
class Scripts {
 public:
  Scripts() : before_{std::getenv("PATH")} {
    ::setenv("PATH", (directory_.path().string() + ":" + before_).c_str(), 1);
  }
  Scripts(const Scripts&) = delete;
  Scripts& operator=(const Scripts&) = delete;
  ~Scripts() { ::setenv("PATH", before_.c_str(), 1); }

  void write(const std::string& name, const std::string& script) const {
    iib::write_file_atomically(directory_.path() / name, "#!/bin/sh\n" + script, 0755);
  }
  /// Leaves nothing else on PATH.
  void hide_all() const { ::setenv("PATH", directory_.path().c_str(), 1); }
  [[nodiscard]] const fs::path& path() const { return directory_.path(); }

 private:
  iib::TempDir directory_{fs::temp_directory_path()};
  std::string before_;
};

struct Fixture {
  Fixture() {
    scripts.write("skopeo", "exit 1\n");
    scripts.write("buildah", "exit 1\n");
    fs::create_directory(state.path() / "programs");
    options.storage_directory = state.path() / "containers";
    options.retries = {.attempts = 3, .multiplier = 0ms, .delay = 0ms, .jitter = 0ms};
    options.insecure_registries = {"plain.io:5000"};
  }

  [[nodiscard]] Access access() const {
    return {.auth_file = state.path() / "auth.json",
            .work_directory = state.path(),
            .log = iib::Log{iib::make_null_sink(), "test", iib::LogLevel::error},
            .cancellation = {}};
  }

  iib::image::Manifest read(const std::string& name) {
    iib::io::ProgramRunner runner{state.path() / "programs"};
    ToolsEngine engine{runner, options, access().log};
    return engine.manifest(ImageReference::parse(name), access());
  }

  /// How often skopeo ran.
  [[nodiscard]] std::size_t runs() const {
    const auto text = iib::read_file(scripts.path() / "runs", 1000);
    return text.size();
  }

  Scripts scripts;
  iib::TempDir state{fs::temp_directory_path()};
  ToolsEngineOptions options;
};

std::string count_run(const Fixture& fixture) {
  return "printf x >> " + (fixture.scripts.path() / "runs").string() + "\n";
}

}  // namespace

TEST_CASE("missing tools are found at once, each by name, with the remedy", "[image][engine]") {
  Scripts scripts;
  scripts.hide_all();

  CHECK_THROWS_WITH(iib::image::check_tools(),
                    Catch::Contains("skopeo and buildah") && Catch::Contains("install"));
  scripts.write("skopeo", "exit 0\n");
  CHECK_THROWS_WITH(iib::image::check_tools(),
                    Catch::Contains("buildah") && !Catch::Contains("skopeo and"));
  scripts.write("buildah", "exit 0\n");
  CHECK_NOTHROW(iib::image::check_tools());
}

TEST_CASE("skopeo gets our settings, and nothing of the host's", "[image][engine]") {
  Fixture fixture;
  fixture.scripts.write("skopeo", "echo \"$@\" > " + (fixture.scripts.path() / "said").string() +
                                      "; env > " + (fixture.scripts.path() / "env").string() +
                                      "; echo '{\"layers\":[]}'\n");

  (void)fixture.read("plain.io:5000/ns/x:1");

  const auto said = iib::read_file(fixture.scripts.path() / "said", 10'000);
  const auto storage = fixture.options.storage_directory.string();
  CHECK_THAT(said, Catch::Contains("--policy " + storage + "/policy.json"));
  CHECK_THAT(said, Catch::Contains("--command-timeout 300s"));
  CHECK_THAT(said, Catch::Contains("--authfile " + (fixture.state.path() / "auth.json").string()));
  CHECK_THAT(said, Catch::Contains("--tls-verify=false docker://plain.io:5000/ns/x:1"));
  const auto environment = iib::read_file(fixture.scripts.path() / "env", 100'000);
  CHECK_THAT(environment, Catch::Contains("\nHOME=" + storage + "/home\n"));
  CHECK_THAT(environment, Catch::Contains("CONTAINERS_REGISTRIES_CONF=" + storage));

  (void)fixture.read("secure.io/ns/x:1");
  CHECK_THAT(iib::read_file(fixture.scripts.path() / "said", 10'000),
             !Catch::Contains("tls-verify"));
}

TEST_CASE("what may pass is tried again, what is hopeless is not", "[image][engine]") {
  Fixture fixture;

  SECTION("the last try may succeed") {
    fixture.scripts.write("skopeo", count_run(fixture) + "[ $(wc -c < " +
                                        (fixture.scripts.path() / "runs").string() +
                                        ") -ge 3 ] && { echo '{\"layers\":[]}'; exit 0; }\n"
                                        "echo 'status: 500' >&2; exit 1\n");
    CHECK_NOTHROW(fixture.read("r.io/x:1"));
    CHECK(fixture.runs() == 3);
  }
  SECTION("no more than configured") {
    fixture.scripts.write("skopeo", count_run(fixture) + "echo 'status: 500' >&2; exit 1\n");
    CHECK_THROWS_AS(fixture.read("r.io/x:1"), ExternalError);
    CHECK(fixture.runs() == 3);
  }
  SECTION("a refusal once") {
    fixture.scripts.write("skopeo", count_run(fixture) + "echo 'unauthorized' >&2; exit 1\n");
    CHECK_THROWS_AS(fixture.read("r.io/x:1"), ExternalError);
    CHECK(fixture.runs() == 1);
  }
  SECTION("death by a signal again") {
    fixture.scripts.write("skopeo", count_run(fixture) + "kill -KILL $$\n");
    CHECK_THROWS_WITH(fixture.read("r.io/x:1"), Catch::Contains("signal 9"));
    CHECK(fixture.runs() == 3);
  }
}

TEST_CASE("a container that a killed try left is in no other's way", "[image][engine]") {
  Fixture fixture;
  const auto container = (fixture.scripts.path() / "container").string();
  fixture.scripts.write("buildah",
                        "case \" $* \" in\n"
                        "*' from '*) " +
                            count_run(fixture) + "[ -e " + container +
                            " ] && { echo 'that name is already in use' >&2; exit 125; }\n"
                            "while [ $# -gt 1 ]; do [ \"$1\" = --name ] && printf %s \"$2\" > " +
                            container +
                            "; shift; done\n"
                            "kill -KILL $$;;\n"
                            "*' containers '*) [ -e " +
                            container +
                            " ] && "
                            "echo \"[{\\\"id\\\":\\\"1\\\",\\\"containername\\\":\\\"$(cat " +
                            container +
                            ")\\\"}]\" || echo '[]';;\n"
                            "*' images '*) echo '[]';;\n"
                            "*' rm '*) rm -f " +
                            container +
                            ";;\n"
                            "esac\n");
  iib::io::ProgramRunner runner{fixture.state.path() / "programs"};
  ToolsEngine engine{runner, fixture.options, fixture.access().log};
  const std::vector<iib::image::Target> targets{
      {.architecture = "amd64",
       .base = ImageReference::parse("r.io/base:1"),
       .destination = ImageReference::parse("r.io/out:1-amd64")}};

  CHECK_THROWS_WITH(engine.build_and_push({}, targets, fixture.access()),
                    Catch::Contains("signal 9"));

  CHECK(fixture.runs() == 3);
  CHECK_FALSE(fs::exists(container));
}

TEST_CASE("tools that answer nonsense fail the step by name", "[image][engine]") {
  Fixture fixture;

  SECTION("no JSON") {
    fixture.scripts.write("skopeo", "echo nonsense\n");
  }
  SECTION("nothing") {
    fixture.scripts.write("skopeo", "exit 0\n");
  }
  SECTION("a flood") {
    fixture.scripts.write("skopeo", "yes | head -c 30000000\n");
  }

  CHECK_THROWS_WITH(fixture.read("r.io/x:1"), Catch::Contains("r.io/x:1"));
}
