#include "iib/task/task.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/guarded.hpp"
#include "iib/catalog/embedded_engine.hpp"
#include "iib/image/tools_engine.hpp"
#include "registry.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

using namespace iib;
namespace fs = std::filesystem;

namespace {

/// Keeps the lines of a request's log.
class LogLines final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view message) noexcept override {
    lines_.with([&](auto& lines) { lines.emplace_back(message); });
  }
  [[nodiscard]] bool hold(const std::string& line) {
    return lines_.with([&](const auto& lines) {
      return std::find(lines.begin(), lines.end(), line) != lines.end();
    });
  }

 private:
  Guarded<std::vector<std::string>> lines_;
};

/// Notes what a task reports, and does something at chosen moments.
class RecordingProgress final : public task::Progress {
 public:
  void state(std::string reason, model::Learned learned) override {
    states.push_back(reason);
    if (learned.facts.from_index_resolved) from_index = *learned.facts.from_index_resolved;
    if (!learned.facts.bundle_mapping.empty()) mapping = learned.facts.bundle_mapping;
    if (on_state) on_state(states.back());
  }
  void learn(model::Learned) override {}
  void confirm_claim() override {
    if (claim_lost) throw Cancelled{"the claim was lost"};
  }
  [[nodiscard]] const Log& log() const override { return log_; }

  std::vector<std::string> states;
  std::string from_index;
  std::map<std::string, std::vector<std::string>> mapping;
  std::function<void(const std::string&)> on_state;
  bool claim_lost = false;
  std::shared_ptr<LogLines> lines = std::make_shared<LogLines>();

 private:
  Log log_{lines, "task", LogLevel::info};
};

/// Real engines, a real registry with a binary image and one bundle.
struct Workshop {
  TempDir directory{fs::temp_directory_path()};
  test::Registry registry;
  io::ProgramRunner programs{make("programs")};
  image::ToolsEngine images{programs,
                            {.storage_directory = make("containers"),
                             .retries = {.attempts = 1},
                             .insecure_registries = {registry.address()}},
                            Log{make_null_sink(), "image", LogLevel::error}};
  catalog::EmbeddedEngine catalogs;
  task::Settings settings{.registry = registry.address(),
                          .push_template = "{registry}/iib-build:{request_id}",
                          .output_registry = {},
                          .docker_config_template = {},
                          .insecure_registries = {registry.address()},
                          .work_root = make("work")};
  task::SharedLookups lookups;
  task::KeptCatalogs kept_catalogs{make("kept"), 1UL << 30U};
  io::LocalArtifacts artifacts{{}};
  RecordingProgress progress;
  model::Request request;
  model::JobArguments arguments;
  model::JobSecrets secrets;
  std::string queue = "iib";

  Workshop() {
    registry.push_base("base", "v1", {"amd64", "s390x"});
    request.id = RequestId{7};
    request.type = model::RequestType::add;
    request.facts.binary_image = registry.address() + "/base:v1";
    request.facts.bundles = {push_bundle("0.1.0")};
    arguments.add_arches = {"amd64"};
  }

  fs::path make(const std::string& name) const {
    fs::create_directory(directory.path() / name);
    return directory.path() / name;
  }

  std::string push_bundle(const std::string& version) {
    const auto image = test::bundle_image(fs::path{IIBD_TEST_DATA} / "otter-operator" / version);
    registry.push("otter-bundle", version, image);
    return registry.address() + "/otter-bundle:" + version;
  }

  task::Outcome run(const Cancellation& cancellation = {}) {
    const task::Environment environment{.settings = settings,
                                        .images = images,
                                        .catalogs = catalogs,
                                        .lookups = lookups,
                                        .artifacts = artifacts,
                                        .kept_catalogs = kept_catalogs};
    return task::run({queue, request, arguments, secrets}, environment, progress, cancellation);
  }

  /// Makes an index with the first bundle, and asks for the second on top of it.
  void begin_from_index() {
    (void)run();
    registry.put_manifest("iib-build", "main",
                          "application/vnd.docker.distribution.manifest.list.v2+json",
                          registry.manifest("iib-build", "7"));
    request.id = RequestId{8};
    request.facts.from_index = registry.address() + "/iib-build:main";
    request.facts.bundles = {push_bundle("0.2.0")};
    progress.states.clear();
  }

  /// Another image under the tag that the build began from.
  void replace_index() { registry.push_base("iib-build", "main", {"s390x"}); }
};

}  // namespace

#define NEEDS_TOOLS()                                                   \
  if (!test::have_programs({"docker-registry", "skopeo", "buildah"})) { \
    IIBD_SKIP("needs docker-registry, skopeo and buildah on PATH");     \
  }

TEST_CASE("an add tells its states in order and what it learned", "[task]") {
  NEEDS_TOOLS();
  Workshop shop;

  const auto outcome = shop.run();

  CHECK(shop.progress.states ==
        std::vector<std::string>{"Resolving the bundles", "Resolving the images",
                                 "Building the index image for the architectures: amd64",
                                 "Creating the manifest list"});
  CHECK(shop.progress.mapping.at("otter-operator") == shop.request.facts.bundles);
  CHECK(outcome.learned.arches == std::vector<std::string>{"amd64"});
  CHECK(outcome.learned.facts.index_image == shop.registry.address() + "/iib-build:7");
  CHECK(fs::is_empty(shop.directory.path() / "work"));
}

TEST_CASE("the log tells what a build changed in the index", "[task]") {
  NEEDS_TOOLS();
  Workshop shop;
  auto& log = *shop.progress.lines;

  shop.begin_from_index();
  CHECK(log.hold("+ package otter-operator"));
  CHECK(log.hold("+   channel  candidate  head otter-operator.v0.1.0"));

  SECTION("of an add") {
    (void)shop.run();
    CHECK(log.hold("~ package otter-operator"));
    CHECK(log.hold("~   channel  candidate  head otter-operator.v0.1.0 -> otter-operator.v0.2.0"));
    CHECK(log.hold("+     otter-operator.v0.2.0 replaces otter-operator.v0.1.0"));
  }
  SECTION("of an rm") {
    shop.request.type = model::RequestType::rm;
    shop.request.facts.bundles.clear();
    shop.request.facts.removed_operators = {"otter-operator"};
    (void)shop.run();
    CHECK(log.hold("- package otter-operator, with 1 channel and 1 bundle"));
  }
  SECTION("also when it changed nothing") {
    shop.request.facts.bundles = {shop.push_bundle("0.1.0")};
    (void)shop.run();
    CHECK(log.hold("the index offers the same as before"));
  }
}

TEST_CASE("an index that changed during the build fails the request before anything is published",
          "[task]") {
  NEEDS_TOOLS();
  Workshop shop;
  shop.begin_from_index();
  shop.progress.on_state = [&](const std::string& state) {
    if (state.starts_with("Building")) shop.replace_index();
  };

  SECTION("when it is always verified") {
    CHECK_THROWS_WITH(shop.run(), Catch::Contains("iib-build:main changed during the build"));
    CHECK(shop.registry.manifest("iib-build", "8").empty());
  }
  SECTION("but not when it is verified only before overwriting") {
    shop.settings.verify = task::VerifyFromIndex::before_overwriting;
    CHECK_NOTHROW(shop.run());
    CHECK_FALSE(shop.registry.manifest("iib-build", "8").empty());
  }
}

TEST_CASE("a job that is no longer ours publishes nothing", "[task]") {
  NEEDS_TOOLS();
  Workshop shop;
  shop.progress.claim_lost = true;

  CHECK_THROWS_AS(shop.run(), Cancelled);
  CHECK(shop.registry.manifest("iib-build", "7").empty());
}

TEST_CASE("a stop ends a build and leaves nothing of it behind", "[task]") {
  NEEDS_TOOLS();
  Workshop shop;
  std::stop_source stop;
  shop.progress.on_state = [&](const std::string& state) {
    if (state.starts_with("Building")) stop.request_stop();
  };

  CHECK_THROWS_AS(shop.run(Cancellation{stop.get_token()}), Cancelled);
  CHECK(shop.registry.manifest("iib-build", "7").empty());
  CHECK(fs::is_empty(shop.directory.path() / "work"));
}

TEST_CASE("results are reported under iib_index_image_output_registry", "[task]") {
  NEEDS_TOOLS();
  Workshop shop;
  shop.settings.output_registry = "registry.example.com";

  const auto learned = shop.run().learned;

  CHECK(learned.facts.index_image == "registry.example.com/iib-build:7");
  CHECK(learned.facts.internal_index_image_copy == shop.registry.address() + "/iib-build:7");
}

TEST_CASE("a build does not begin on a disk that is nearly full", "[task]") {
  NEEDS_TOOLS();
  Workshop shop;
  shop.settings.least_free_bytes = UINTMAX_MAX;

  CHECK_THROWS_WITH(shop.run(), Catch::Contains("nearly full"));
  CHECK(shop.progress.states.empty());
}

TEST_CASE("removing a package that the index lacks removes nothing and names it", "[task]") {
  NEEDS_TOOLS();
  Workshop shop;
  shop.begin_from_index();
  shop.request.type = model::RequestType::rm;
  shop.request.facts.bundles.clear();
  shop.request.facts.removed_operators = {"otter-operator", "heron-operator", "egret"};

  CHECK_THROWS_WITH(shop.run(), Catch::Contains("heron-operator") && Catch::Contains("egret"));
  CHECK(shop.registry.manifest("iib-build", "8").empty());
}
