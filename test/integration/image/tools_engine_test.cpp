#include "iib/image/tools_engine.hpp"

#include "eventually.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/image/auth_file.hpp"
#include "iib/io/json.hpp"
#include "registry.hpp"
#include "skip.hpp"
#include "test_layer.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using iib::ExternalError;
using iib::Secret;
using iib::UserError;
using iib::image::Access;
using iib::image::AuthOverlay;
using iib::image::ImageContent;
using iib::image::Manifest;
using iib::image::ManifestKind;
using iib::image::PushedImage;
using iib::image::Target;
using iib::image::ToolsEngine;
using iib::image::ToolsEngineOptions;
using iib::model::Digest;
using iib::model::ImageReference;
using iib::test::Login;
using iib::test::Registry;
using iib::test::TarEntry;
using iib::test::TestImage;

namespace fs = std::filesystem;

const std::vector<std::string> kArchitectures{"amd64", "arm64", "ppc64le", "s390x"};

bool can_run() {
  return ::geteuid() == 0 && iib::test::have_programs({"skopeo", "buildah", "docker-registry"});
}

constexpr auto kCannotRun = "needs root, skopeo, buildah and docker-registry";

fs::path make_directory(const fs::path& path) {
  fs::create_directories(path);
  return path;
}

/// A registry and an engine with a state directory of its own.
struct Fixture {
  explicit Fixture(std::optional<Login> login = std::nullopt) : registry{std::move(login)} {}

  [[nodiscard]] ToolsEngineOptions options() const {
    ToolsEngineOptions options;
    options.storage_directory = state.path() / "containers";
    options.retries = {.attempts = 2, .multiplier = 0ms, .delay = 0ms, .jitter = 0ms};
    options.insecure_registries = {registry.address()};
    return options;
  }

  /// The access of a request with a directory of its own and these credentials.
  [[nodiscard]] Access access(const AuthOverlay& overlay = {}) {
    const auto directory = make_directory(state.path() / fmt::format("request-{}", ++requests));
    iib::image::write_auth_file(directory / "auth.json", {}, overlay);
    return {.auth_file = directory / "auth.json",
            .work_directory = directory,
            .log = iib::Log{iib::make_null_sink(), "test", iib::LogLevel::error},
            .cancellation = {}};
  }

  [[nodiscard]] ImageReference reference(const std::string& name) const {
    return ImageReference::parse(registry.address() + "/" + name);
  }

  Registry registry;
  iib::TempDir state{fs::temp_directory_path(), "image-"};
  iib::io::ProgramRunner runner{make_directory(state.path() / "programs")};
  ToolsEngine engine{runner, options(),
                     iib::Log{iib::make_stderr_sink(), "image", iib::LogLevel::warning}};
  int requests = 0;
};

/// The content of an index, with a database that holds `database`.
ImageContent index_content(const fs::path& directory, const std::string& database) {
  iib::write_file_atomically(directory / "index.db", database, 0600);
  return {.files = {{.source = directory / "index.db", .target = "/database/index.db"}},
          .labels = {{"operators.operatorframework.io.index.database.v1", "/database/index.db"},
                     {"odd", R"(a=b, "c" 'd')"}},
          .entrypoint = {"/bin/opm"},
          .command = {"registry", "serve", "--database", "/database/it's here.db"},
          .exposed_ports = {"50051/tcp"}};
}

std::vector<Target> targets_of(const Fixture& fixture, const Manifest& base,
                               const std::string& base_name, const std::string& output) {
  std::vector<Target> targets;
  for (const auto& entry : base.entries) {
    targets.push_back({.architecture = entry.architecture,
                       .base = fixture.reference(base_name).at(entry.digest),
                       .destination = fixture.reference(output + "-" + entry.architecture)});
  }
  return targets;
}

struct Index {
  std::vector<PushedImage> images;
  Digest list;
};

Index build_index(Fixture& fixture, const std::string& output, const std::string& database) {
  const auto access = fixture.access();
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), access);
  const auto targets = targets_of(fixture, base, "base:1", output);
  auto images = fixture.engine.build_and_push(index_content(access.work_directory, database),
                                              targets, access);
  auto list = fixture.engine.push_list(fixture.reference(output), images, access);
  return {std::move(images), std::move(list)};
}

/// What buildah lists in the storage of `fixture`.
std::string in_storage(Fixture& fixture, const std::string& what) {
  const auto root = fixture.state.path() / "containers";
  const auto driver = fs::exists(root / "overlay" / "run" / "boot-id") && !fs::exists(root / "vfs")
                          ? std::string{"overlay"}
                          : std::string{"vfs"};
  const iib::io::Program program{
      .name = "buildah",
      .arguments = {"--root", root / driver / "root", "--runroot", root / driver / "run",
                    "--storage-driver", driver, what, "--all", "--json"}};
  return fixture.runner.run(program, {}).output;
}

std::size_t count_in_storage(Fixture& fixture, const std::string& what) {
  const auto listed = iib::io::parse_json(in_storage(fixture, what));
  return listed.IsArray() ? listed.Size() : 0;
}

}  // namespace

TEST_CASE("manifests are read byte for byte, lists with their architectures", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const auto pushed = fixture.registry.push_base("ns/base", "1", kArchitectures);
  const auto access = fixture.access();

  const auto list = fixture.engine.manifest(fixture.reference("ns/base:1"), access);

  CHECK(list.kind == ManifestKind::list);
  CHECK(list.digest.text() == pushed);
  REQUIRE(list.entries.size() == 4);
  CHECK(list.entries[2].architecture == "ppc64le");
  const auto image = fixture.reference("ns/base").at(list.entries[2].digest);
  CHECK(fixture.engine.manifest(image, access).kind == ManifestKind::image);
  const auto config = fixture.engine.config(image, access);
  CHECK(config.architecture == "ppc64le");
  CHECK(config.labels.at("base") == "yes");
  CHECK(config.created == iib::parse_iso8601("2024-01-01T00:00:00Z"));
}

TEST_CASE("what the user named wrongly is told at once, by name", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const auto access = fixture.access();

  CHECK_THROWS_AS(fixture.engine.manifest(fixture.reference("ns/none:1"), access), UserError);
  CHECK_THROWS_WITH(fixture.engine.manifest(fixture.reference("ns/none:1"), access),
                    Catch::Contains("ns/none:1") && Catch::Contains("manifest unknown"));
}

TEST_CASE("a registry by plain HTTP that is not named insecure is refused with the remedy",
          "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  auto options = fixture.options();
  options.insecure_registries.clear();
  ToolsEngine strict{fixture.runner, options, fixture.access().log};

  CHECK_THROWS_WITH(strict.manifest(fixture.reference("base:1"), fixture.access()),
                    Catch::Contains("iib_insecure_registries"));
}

TEST_CASE("a registry that does not answer is tried again", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const auto nowhere = ImageReference::parse("127.0.0.1:1/a/b:1");

  try {
    (void)fixture.engine.manifest(nowhere, fixture.access());
    FAIL("nobody listens on port 1");
  } catch (const ExternalError& error) {
    CHECK(error.worth_retrying());
    CHECK_THAT(error.what(), Catch::Contains("127.0.0.1:1/a/b:1"));
  }
}

TEST_CASE("files are read out of images with their layers applied", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const TestImage image{.layers = {{{.path = "manifests/old.yaml", .content = "old"},
                                    {.path = "manifests/csv.yaml", .content = "1"},
                                    {.path = "etc/passwd", .content = "no"}},
                                   {{.path = "manifests/csv.yaml", .content = "2"},
                                    {.path = "manifests/.wh.old.yaml", .content = ""}}},
                        .labels = {}};
  const auto digest = fixture.registry.push("bundle", "1", image);
  const auto access = fixture.access();
  const std::vector<std::string> paths{"manifests/", "metadata/"};

  fixture.engine.extract(fixture.reference("bundle").at(Digest::parse(digest)), paths,
                         access.work_directory / "out", access);

  CHECK(iib::read_file(access.work_directory / "out/manifests/csv.yaml", 100) == "2");
  CHECK_FALSE(fs::exists(access.work_directory / "out/manifests/old.yaml"));
  CHECK_FALSE(fs::exists(access.work_directory / "out/etc"));
  CHECK(std::distance(fs::directory_iterator{access.work_directory}, {}) == 2);  // the copy is gone
}

TEST_CASE("bundles whose archives point outside are refused by name", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  const auto [path, content, type] = GENERATE(table<std::string, std::string, TarEntry::Type>({
      {"../escaped", "evil", TarEntry::Type::file},
      {"/manifests/absolute", "evil", TarEntry::Type::file},
      {"manifests/link", "../../../etc/passwd", TarEntry::Type::symbolic_link},
      {"manifests/hard", "../../etc/passwd", TarEntry::Type::hard_link},
  }));
  CAPTURE(path);
  const TestImage image{.layers = {{{.path = path, .content = content, .type = type}}},
                        .labels = {}};
  const auto digest = fixture.registry.push("evil", "1", image);
  const auto access = fixture.access();
  const std::vector<std::string> paths{"manifests/"};

  CHECK_THROWS_WITH(fixture.engine.extract(fixture.reference("evil").at(Digest::parse(digest)),
                                           paths, access.work_directory / "out", access),
                    Catch::Contains("/evil@sha256") && Catch::Contains(path));
  CHECK_FALSE(fs::exists(access.work_directory / "escaped"));
}

TEST_CASE("an index is built for four architectures, equal in content, on their own bases",
          "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", kArchitectures);

  const auto index = build_index(fixture, "iib-build:7", "the database");

  const auto access = fixture.access();
  const auto list = fixture.engine.manifest(fixture.reference("iib-build:7"), access);
  CHECK(list.digest == index.list);
  CHECK(list.media_type == "application/vnd.docker.distribution.manifest.list.v2+json");
  REQUIRE(list.entries.size() == 4);
  std::set<std::string> layers;
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(list.entries[i].architecture == kArchitectures[i]);
    CHECK(list.entries[i].digest == *index.images[i].reference.digest());
    const auto raw = fixture.registry.manifest("iib-build", list.entries[i].digest.text());
    CHECK(iib::model::Digest::of(raw) == list.entries[i].digest);
    const auto manifest = iib::io::parse_json(raw);
    CHECK(iib::io::text_member(manifest, "mediaType") ==
          "application/vnd.docker.distribution.manifest.v2+json");
    const auto& named = manifest["layers"];
    REQUIRE(named.Size() == 2);
    layers.insert(named[1]["digest"].GetString());
    const auto config = iib::io::parse_json(
        fixture.registry.blob("iib-build", manifest["config"]["digest"].GetString()));
    CHECK(config["architecture"] == kArchitectures[i].c_str());
    CHECK(config["os"] == "linux");
    CHECK(iib::io::to_json(config["config"]["Entrypoint"]) == R"(["/bin/opm"])");
    CHECK(iib::io::to_json(config["config"]["Cmd"]) ==
          R"(["registry","serve","--database","/database/it's here.db"])");
    CHECK(iib::io::to_json(config["config"]["ExposedPorts"]) == R"({"50051/tcp":{}})");
    CHECK(config["config"]["Labels"]["odd"] == R"(a=b, "c" 'd')");
    CHECK(config["config"]["Labels"]["base"] == "yes");
    CHECK(config["created"] == "2024-01-01T00:00:00Z");
  }
  REQUIRE(layers.size() == 1);
  const auto files = iib::test::read_layer(fixture.registry.blob("iib-build", *layers.begin()));
  CHECK(files.at("database/index.db") == "the database");
  CHECK(files.size() == 1);
  CHECK(count_in_storage(fixture, "containers") == 0);
  CHECK(count_in_storage(fixture, "images") == 4);  // the bases
}

TEST_CASE("the same inputs give the same digests, in another storage too", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64", "arm64"});
  const auto first = build_index(fixture, "iib-build:1", "the database");
  const auto again = build_index(fixture, "iib-build:1", "the database");

  CHECK(first.list == again.list);

  auto options = fixture.options();
  options.storage_directory = fixture.state.path() / "other";
  options.storage_driver = "vfs";
  const auto access = fixture.access();
  ToolsEngine other{fixture.runner, options, access.log};
  const auto base = other.manifest(fixture.reference("base:1"), access);
  const auto targets = targets_of(fixture, base, "base:1", "iib-build:1");
  const auto images =
      other.build_and_push(index_content(access.work_directory, "the database"), targets, access);
  CHECK(other.push_list(fixture.reference("iib-build:1"), images, access) == first.list);
}

TEST_CASE("an index read back is the base of nothing but its own database", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  const auto index = build_index(fixture, "iib-build:1", "the database");
  const auto access = fixture.access();
  const std::vector<std::string> paths{"/database/index.db"};

  fixture.engine.extract(index.images.front().reference, paths, access.work_directory / "out",
                         access);

  CHECK(iib::read_file(access.work_directory / "out/database/index.db", 100) == "the database");
}

TEST_CASE("several requests build at once", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64", "arm64"});
  constexpr int kRequests = 6;
  std::vector<Access> accesses;
  for (int i = 0; i < kRequests; ++i) accesses.push_back(fixture.access());
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), accesses.front());
  std::vector<std::future<Digest>> running;
  for (int i = 0; i < kRequests; ++i) {
    running.push_back(std::async(std::launch::async, [&, i] {
      const auto& access = accesses[static_cast<std::size_t>(i)];
      // Two by two the same content, so that their images have the same id in the storage.
      const auto content = index_content(access.work_directory, std::to_string(i / 2));
      const auto output = "iib-build:" + std::to_string(i);
      const auto images = fixture.engine.build_and_push(
          content, targets_of(fixture, base, "base:1", output), access);
      return fixture.engine.push_list(fixture.reference(output), images, access);
    }));
  }

  std::vector<Digest> lists;
  for (auto& one : running) lists.push_back(one.get());

  for (std::size_t i = 0; i < lists.size(); i += 2) CHECK(lists[i] == lists[i + 1]);
  CHECK_FALSE(lists[0] == lists[2]);
  CHECK(count_in_storage(fixture, "containers") == 0);
  CHECK(count_in_storage(fixture, "images") == 2);
}

TEST_CASE("several files go together, with their modes, and leave the base's folders alone",
          "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  const auto access = fixture.access();
  const auto source = access.work_directory / "source";
  iib::write_file_atomically(make_directory(source) / "a", "A", 0600);
  const ImageContent content{.files = {{source / "a", "/manifests/one.yaml", 0644},
                                       {source / "a", "/manifests/deep/two [x].yaml", 0644},
                                       {source / "a", "/metadata/annotations.yaml", 0644},
                                       {source / "a", "/bin/tool", 0755}}};
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), access);

  const auto images =
      fixture.engine.build_and_push(content, targets_of(fixture, base, "base:1", "out:1"), access);

  const auto manifest = iib::io::parse_json(
      fixture.registry.manifest("out", images.front().reference.digest()->text()));
  const auto files = iib::test::read_layer(
      fixture.registry.blob("out", manifest["layers"][1]["digest"].GetString()));
  CHECK(files.size() == 4);
  CHECK(files.at("manifests/deep/two [x].yaml") == "A");
  CHECK(files.at("metadata/annotations.yaml") == "A");
}

TEST_CASE("credentials reach the registry by the auth file", "[image][tools]") {
  if (!can_run() || !iib::test::have_programs({"htpasswd"})) IIBD_SKIP(kCannotRun);
  Fixture fixture{Login{"someone", "s3cret-word"}};
  fixture.registry.push_base("ns/base", "1", {"amd64"});
  const Secret right{"someone:s3cret-word"};
  const Secret wrong{"someone:guessed"};
  const auto base_name = fixture.reference("ns/base:1");

  SECTION("none: refused at once, naming registry and option") {
    CHECK_THROWS_WITH(fixture.engine.manifest(base_name, fixture.access()),
                      Catch::Contains(fixture.registry.address()) &&
                          Catch::Contains("iib_docker_config_template"));
  }
  SECTION("wrong ones: refused at once, without telling them") {
    try {
      (void)fixture.engine.manifest(base_name,
                                    fixture.access({.token = &wrong, .token_image = base_name}));
      FAIL("the password is wrong");
    } catch (const ExternalError& error) {
      CHECK_FALSE(error.worth_retrying());
      CHECK_THAT(error.what(), !Catch::Contains("guessed"));
    }
  }
  SECTION("a token for another repository does not help") {
    CHECK_THROWS_AS(
        fixture.engine.manifest(
            base_name,
            fixture.access({.token = &right, .token_image = fixture.reference("ns/other:1")})),
        ExternalError);
  }
  SECTION("right ones: pulled, built and pushed") {
    const auto access =
        fixture.access({.token = &right, .token_image = fixture.reference("whole:1")});
    const auto base = fixture.engine.manifest(base_name, access);
    const auto images =
        fixture.engine.build_and_push(index_content(access.work_directory, "db"),
                                      targets_of(fixture, base, "ns/base:1", "ns/out:1"), access);
    const auto list = fixture.engine.push_list(fixture.reference("ns/out:1"), images, access);
    CHECK(fixture.engine.manifest(fixture.reference("ns/out:1"), access).digest == list);
  }
}

TEST_CASE("a sweep removes what a dead daemon left and keeps the bases", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  (void)build_index(fixture, "iib-build:1", "the database");
  const auto root = fixture.state.path() / "containers" / "overlay";
  if (!fs::exists(root)) IIBD_SKIP("leftovers are made for overlay only");
  const auto buildah = [&](std::vector<std::string> arguments) {
    const std::vector<std::string> global{"--root",     root / "root",      "--runroot",
                                          root / "run", "--storage-driver", "overlay"};
    arguments.insert(arguments.begin(), global.begin(), global.end());
    const auto exit = fixture.runner.run({.name = "buildah", .arguments = arguments}, {});
    REQUIRE(exit.status == 0);
  };
  buildah({"from", "--name", "left", "scratch"});
  buildah({"mount", "left"});
  buildah({"commit", "--quiet", "left", "localhost/left"});
  REQUIRE(count_in_storage(fixture, "images") == 2);

  ToolsEngine next{fixture.runner, fixture.options(), fixture.access().log};
  next.sweep({});

  CHECK(count_in_storage(fixture, "containers") == 0);
  CHECK(count_in_storage(fixture, "images") == 1);
}

TEST_CASE("bases are kept within bounds, the most recently used first", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  auto options = fixture.options();
  options.kept_bases = 1;
  ToolsEngine engine{fixture.runner, options, fixture.access().log};
  fixture.registry.push_base("base", "1", {"amd64", "arm64"});
  const auto access = fixture.access();
  const auto base = engine.manifest(fixture.reference("base:1"), access);

  (void)engine.build_and_push(index_content(access.work_directory, "db"),
                              targets_of(fixture, base, "base:1", "out:1"), access);

  CHECK(count_in_storage(fixture, "images") == 1);
}

TEST_CASE("cancelling a build leaves nothing in the storage", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64"});
  fixture.engine.sweep({});
  auto access = fixture.access();
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), access);
  const auto content = index_content(access.work_directory, "db");
  std::stop_source source;
  access.cancellation = iib::Cancellation{source.get_token()};
  auto running = std::async(std::launch::async, [&] {
    return fixture.engine.build_and_push(content, targets_of(fixture, base, "base:1", "out:1"),
                                         access);
  });
  // The staging directory is there from the first step on.
  REQUIRE(iib::test::eventually(
      10s, [&] { return std::distance(fs::directory_iterator{access.work_directory}, {}) > 2; }));

  source.request_stop();

  CHECK_THROWS_AS(running.get(), iib::Cancelled);
  CHECK(count_in_storage(fixture, "containers") == 0);
  CHECK(std::distance(fs::directory_iterator{access.work_directory}, {}) == 2);
}

TEST_CASE("a storage survives SIGKILL at any moment of a build", "[image][tools]") {
  if (!can_run()) IIBD_SKIP(kCannotRun);
  Fixture fixture;
  fixture.registry.push_base("base", "1", {"amd64", "arm64"});
  const auto records = make_directory(fixture.state.path() / "records");
  const auto access = fixture.access();
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), access);
  const auto content = index_content(access.work_directory, "db");
  const auto targets = targets_of(fixture, base, "base:1", "out:1");
  std::optional<Digest> first;
  const std::vector<std::chrono::milliseconds> moments{150ms, 700ms, 1100ms, 1600ms};

  for (const auto moment : moments) {
    CAPTURE(moment.count());
    const pid_t daemon = ::fork();
    if (daemon == 0) {
      iib::io::ProgramRunner runner{records};
      ToolsEngine engine{runner, fixture.options(), access.log};
      for (;;) (void)engine.build_and_push(content, targets, access);
    }
    std::this_thread::sleep_for(moment);  // any moment is right: this is where they die
    ::kill(daemon, SIGKILL);
    ::waitpid(daemon, nullptr, 0);

    iib::io::ProgramRunner runner{records};
    ToolsEngine next{runner, fixture.options(), access.log};
    const auto images = next.build_and_push(content, targets, access);
    const auto list = next.push_list(fixture.reference("out:1"), images, access);
    CHECK(list == first.value_or(list));
    first = list;
    CHECK(count_in_storage(fixture, "containers") == 0);
    CHECK(count_in_storage(fixture, "images") == 2);
  }
}
