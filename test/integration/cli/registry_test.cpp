#include "registry.hpp"

#include "commands.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

#define NEEDS_REGISTRY()                                       \
  do {                                                         \
    if (!have_programs({"docker-registry", "htpasswd"})) {     \
      IIBD_SKIP("needs docker-registry and htpasswd on PATH"); \
    }                                                          \
  } while (false)

namespace {

using Names = std::vector<std::string>;
using Labels = std::map<std::string, std::string>;

constexpr auto kDatabaseLabel = "operators.operatorframework.io.index.database.v1";
constexpr auto kConfigsLabel = "operators.operatorframework.io.index.configs.v1";

/// A registry with sample bundles, and commands that speak to it.
struct Site {
  explicit Site(std::optional<Login> login = std::nullopt) : registry{std::move(login)} {}

  /// Pushes a sample bundle; gives its pull specification by tag.
  std::string push(const std::string& name) {
    registry.push("samples/bundle", tag_of(name), bundle_image(directory_of(name)));
    return registry.address() + "/samples/bundle:" + tag_of(name);
  }

  /// Pushes `database` as an index image; gives its pull specification.
  std::string push_index(const std::string& database, const std::string& path = "database/index.db",
                         const Labels& labels = {{kDatabaseLabel, "/database/index.db"}}) {
    TestImage image;
    image.layers = {
        {{.path = "etc/os-release", .content = "NAME=base\n"}},
        {{.path = path, .content = iib::read_file(commands.path(database), 16U << 20U)}}};
    image.labels = labels;
    registry.push("samples/index", "1", image);
    return registry.address() + "/samples/index:1";
  }

  /// Runs a command that may speak plain HTTP to the registry.
  Ended run(Arguments arguments, const Variables& variables = {}) {
    arguments.insert(arguments.begin() + 1, {"--insecure-registry", registry.address()});
    return commands.run(arguments, variables);
  }

  static std::string tag_of(std::string name) {
    name[name.rfind('/')] = '-';
    return name;
  }

  Registry registry;
  Commands commands;
};

}  // namespace

TEST_CASE("add pulls bundles and records them as they were named", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  const auto older = site.push("heron-operator/1.0.0");
  const auto newer = site.push("heron-operator/1.1.0");

  const auto ended =
      site.run({"add", "--database", "index.db", older, newer, sample("otter-operator/0.1.0")});

  CHECK(ended.errors.empty());
  REQUIRE(ended.status == 0);
  CHECK(query(site.commands.path("index.db"),
              "SELECT bundlepath FROM operatorbundle ORDER BY name") ==
        Names{older, newer, pull_spec_of("otter-operator/0.1.0")});
  CHECK(site.commands.files() == Names{"index.db"});
}

TEST_CASE("add tells all bundles that cannot be pulled", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  const auto address = site.registry.address();

  const auto ended =
      site.run({"add", "--database", "index.db", "--format", "json", address + "/samples/no:1",
                site.push("heron-operator/1.0.0"), address + "/samples/no:2"});

  CHECK(ended.status == 1);
  REQUIRE(error_kinds(ended) == Names{"not-found", "not-found"});
  const auto answer = ended.json();
  CHECK(answer["problems"][0]["pull_spec"].GetString() == address + "/samples/no:1");
  CHECK(answer["problems"][1]["pull_spec"].GetString() == address + "/samples/no:2");
  CHECK(site.commands.files().empty());
}

TEST_CASE("a registry without a trusted certificate is refused with the option", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  const auto bundle = site.push("heron-operator/1.0.0");

  const auto ended = site.commands.run({"add", "--database", "index.db", bundle});

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains("--insecure-registry") && !Contains("iib_"));
}

TEST_CASE("credentials come from --auth-file or from where podman keeps them", "[cli]") {
  NEEDS_REGISTRY();
  Site site{Login{"heron", "fish"}};
  const auto bundle = site.push("heron-operator/1.0.0");
  iib::write_file_atomically(
      site.commands.path("auth.json"),
      fmt::format(R"({{"auths":{{"{}":{{"auth":"aGVyb246ZmlzaA=="}}}}}})", site.registry.address()),
      0600);
  const Arguments arguments{"add", "--database", "index.db", bundle};

  SECTION("without any it is refused, and the option named") {
    const auto ended = site.run(arguments);
    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("--auth-file") && !Contains("iib_"));
  }
  SECTION("--auth-file") {
    auto with_file = arguments;
    with_file.insert(with_file.end(), {"--auth-file", "auth.json"});
    const auto ended = site.run(with_file);
    CHECK(ended.errors.empty());
    CHECK(ended.status == 0);
  }
  SECTION("REGISTRY_AUTH_FILE") {
    const auto ended =
        site.run(arguments, {{"REGISTRY_AUTH_FILE", site.commands.path("auth.json")}});
    CHECK(ended.errors.empty());
    CHECK(ended.status == 0);
  }
  SECTION("a file of podman's") {
    std::filesystem::create_directories(site.commands.path("run/containers"));
    std::filesystem::copy(site.commands.path("auth.json"),
                          site.commands.path("run/containers/auth.json"));
    const auto ended = site.run(arguments, {{"XDG_RUNTIME_DIR", site.commands.path("run")}});
    CHECK(ended.errors.empty());
    CHECK(ended.status == 0);
  }
  SECTION("a file that is not there") {
    auto with_file = arguments;
    with_file.insert(with_file.end(), {"--auth-file", "none.json"});
    const auto ended = site.run(with_file);
    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("--auth-file names none.json"));
  }
}

TEST_CASE("a change may begin with the database of an index image", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  REQUIRE(
      site.commands.run({"add", "--database", "first.db", sample("heron-operator/1.0.0")}).status ==
      0);
  const auto index = site.push_index("first.db");

  const auto ended =
      site.run({"add", "--index", index, "--output", "second.db", sample("heron-operator/1.1.0")});

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  CHECK(bundles_in(site.commands.path("second.db")) ==
        Names{"heron-operator.v1.0.0", "heron-operator.v1.1.0"});
  CHECK(site.commands.files() == Names{"first.db", "second.db"});
}

TEST_CASE("the database is where the image's label says", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  REQUIRE(
      site.commands.run({"add", "--database", "first.db", sample("heron-operator/1.0.0")}).status ==
      0);
  const auto index =
      site.push_index("first.db", "var/lib/else.db", {{kDatabaseLabel, "var/lib/else.db"}});

  const auto ended = site.run({"prune-stranded", "--index", index, "--output", "second.db"});

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
}

TEST_CASE("an image that is no index is refused with the reason", "[cli]") {
  NEEDS_REGISTRY();
  Site site;
  REQUIRE(
      site.commands.run({"add", "--database", "first.db", sample("heron-operator/1.0.0")}).status ==
      0);
  const auto [labels, reason] = GENERATE(table<Labels, std::string>({
      {Labels{}, std::string{"misses the label "} + kDatabaseLabel},
      {Labels{{kConfigsLabel, "/configs"}}, "holds a file-based catalog"},
      {Labels{{kDatabaseLabel, "/database/other.db"}}, "has no file /database/other.db"},
  }));
  CAPTURE(reason);
  const auto index = site.push_index("first.db", "database/index.db", labels);

  const auto ended = site.run({"prune-stranded", "--index", index, "--output", "second.db"});

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains(reason));
  CHECK(site.commands.files() == Names{"first.db"});
}
