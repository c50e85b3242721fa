#include "commands.hpp"

#include <catch2/catch.hpp>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

namespace {

const std::vector<std::string> kHerons{"heron-operator.v1.0.0", "heron-operator.v1.1.0"};

std::string text_of(const std::filesystem::path& file) {
  return iib::read_file(file, 16U << 20U);
}

/// Replaces `from` by `to` in the file.
void alter(const std::filesystem::path& file, const std::string& from, const std::string& to) {
  auto text = text_of(file);
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  iib::write_file_atomically(file, text.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("add makes an absent database and tells what it holds", "[cli]") {
  Commands commands;

  const auto ended = commands.run({"add", "--database", "index.db", sample("heron-operator/1.0.0"),
                                   sample("heron-operator/1.1.0")});

  CHECK(ended.errors.empty());
  REQUIRE(ended.status == 0);
  CHECK(ended.output ==
        "index.db: one package and 2 bundles added; it holds 2 bundles in one package\n"
        "  PACKAGE         CHANNEL  HEAD BEFORE  HEAD NOW\n"
        "  heron-operator  stable   -            heron-operator.v1.1.0\n");
  CHECK(commands.files() == std::vector<std::string>{"index.db"});
  CHECK(bundles_in(commands.path("index.db")) == kHerons);
  CHECK(query(commands.path("index.db"), "SELECT bundlepath FROM operatorbundle ORDER BY name") ==
        std::vector<std::string>{pull_spec_of("heron-operator/1.0.0"),
                                 pull_spec_of("heron-operator/1.1.0")});
}

TEST_CASE("add tells which heads a later bundle changes", "[cli]") {
  Commands commands;
  REQUIRE(commands.run({"add", "--database", "index.db", sample("otter-operator/0.1.0")}).status ==
          0);

  const auto ended =
      commands.run({"add", "--database", "index.db", sample("otter-operator/0.2.0")});

  REQUIRE(ended.status == 0);
  CHECK(ended.output ==
        "index.db: one bundle added; it holds 2 bundles in one package\n"
        "  PACKAGE         CHANNEL    HEAD BEFORE            HEAD NOW\n"
        "  otter-operator  candidate  otter-operator.v0.1.0  otter-operator.v0.2.0\n"
        "  otter-operator  stable     -                      otter-operator.v0.2.0\n"
        "  the default channel of otter-operator is stable now (it was candidate)\n");
}

TEST_CASE("add tells scripts the whole difference", "[cli]") {
  Commands commands;

  const auto ended = commands.run(
      {"add", "--database", "index.db", "--format", "json", sample("heron-operator/1.0.0")});

  REQUIRE(ended.status == 0);
  const auto answer = ended.json();
  CHECK(answer["database"].GetString() == std::string{"index.db"});
  CHECK(answer["packages"].GetInt() == 1);
  CHECK(answer["bundles"].GetInt() == 1);
  CHECK(answer["difference"].IsObject());
}

TEST_CASE("a refused add on an absent file leaves nothing behind", "[cli]") {
  Commands commands;

  const auto ended =
      commands.run({"add", "--database", "index.db", sample("heron-operator/1.1.0")});

  CHECK(ended.status == 1);
  CHECK(ended.output.empty());
  CHECK_THAT(ended.errors, Contains("heron-operator.v1.0.0"));
  CHECK(commands.files().empty());
}

TEST_CASE("a refused add leaves the database as it was", "[cli]") {
  Commands commands;
  REQUIRE(commands.run({"add", "--database", "index.db", sample("otter-operator/0.1.0")}).status ==
          0);
  const auto before = text_of(commands.path("index.db"));

  const auto ended = commands.run({"add", "--database", "index.db", sample("heron-operator/1.1.0"),
                                   sample("otter-operator/0.2.0")});

  CHECK(ended.status == 1);
  CHECK(text_of(commands.path("index.db")) == before);
  CHECK(commands.files() == std::vector<std::string>{"index.db"});
}

TEST_CASE("all problems of a call are told at once", "[cli]") {
  Commands commands;
  const Arguments arguments{"add", "--database", "index.db", sample("heron-operator/1.1.0"),
                            sample("otter-operator/0.2.0")};

  SECTION("to people, each on a line") {
    const auto ended = commands.run(arguments);

    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("iibd: 3 problems:\n  - ") && Contains("heron-operator") &&
                                 Contains("otter-operator"));
  }
  SECTION("to scripts, with the kind of each") {
    auto with_format = arguments;
    with_format.insert(with_format.end(), {"--format", "json"});

    const auto ended = commands.run(with_format);

    CHECK(ended.status == 1);
    CHECK(ended.errors.empty());
    REQUIRE(error_kinds(ended) == std::vector<std::string>(3, "replaces-missing"));
    const auto answer = ended.json();
    const auto& problem = answer["problems"][0];
    CHECK(problem["package"].GetString() == std::string{"heron-operator"});
    CHECK(problem["bundle"].GetString() == std::string{"heron-operator.v1.1.0"});
    CHECK(problem["pull_spec"].GetString() == pull_spec_of("heron-operator/1.1.0"));
    CHECK(problem["text"].GetStringLength() > 0);
    CHECK(answer["error"].GetStringLength() > 0);
  }
}

TEST_CASE("the kind of a refusal is told to scripts", "[cli]") {
  Commands commands;
  REQUIRE(commands.run({"add", "--database", "index.db", sample("heron-operator/1.0.0")}).status ==
          0);

  const auto again = commands.run(
      {"add", "--database", "index.db", "--format", "json", sample("heron-operator/1.0.0")});

  CHECK(again.status == 1);
  CHECK(error_kinds(again) == std::vector<std::string>{"exists"});
}

TEST_CASE("the mode semver takes bundles in any order", "[cli]") {
  Commands commands;
  REQUIRE(commands
              .run({"add", "--database", "index.db", "--mode", "semver",
                    sample("heron-operator/1.1.0")})
              .status == 0);

  const auto ended = commands.run(
      {"add", "--database", "index.db", "--mode", "semver", sample("heron-operator/1.0.0")});

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  CHECK(bundles_in(commands.path("index.db")) == kHerons);
}

TEST_CASE("--overwrite-latest lets a bundle take its own place", "[cli]") {
  Commands commands;
  REQUIRE(commands
              .run({"add", "--database", "index.db", sample("heron-operator/1.0.0"),
                    sample("heron-operator/1.1.0")})
              .status == 0);
  const auto rebuilt =
      directory_of("heron-operator/1.1.0").string() + "=registry.example.com/samples/rebuilt:1";

  CHECK(commands.run({"add", "--database", "index.db", rebuilt}).status == 1);
  CHECK(commands.run({"add", "--database", "index.db", "--overwrite-latest", rebuilt}).status == 0);

  CHECK(query(commands.path("index.db"), "SELECT bundlepath FROM operatorbundle ORDER BY name") ==
        std::vector<std::string>{pull_spec_of("heron-operator/1.0.0"),
                                 "registry.example.com/samples/rebuilt:1"});
}

TEST_CASE("substitutes are accepted with --enable-alpha only", "[cli]") {
  Commands commands;
  std::filesystem::copy(directory_of("otter-operator/0.3.0"), commands.path("bundle"),
                        std::filesystem::copy_options::recursive);
  const auto csv = commands.path("bundle/manifests/otter-operator.clusterserviceversion.yaml");
  alter(csv, "olm.skipRange: \">=0.1.0 <0.3.0\"", "olm.substitutesFor: otter-operator.v0.2.0");
  alter(csv, "replaces: otter-operator.v0.2.0", "replaces: otter-operator.v0.1.0");
  REQUIRE(commands
              .run({"add", "--database", "index.db", sample("otter-operator/0.1.0"),
                    sample("otter-operator/0.2.0")})
              .status == 0);
  const std::string bundle = "bundle=registry.example.com/samples/otter:fixed";

  const auto refused = commands.run({"add", "--database", "index.db", "--format", "json", bundle});
  const auto accepted = commands.run({"add", "--database", "index.db", "--enable-alpha", bundle});

  CHECK(refused.status == 1);
  CHECK(error_kinds(refused) == std::vector<std::string>{"unsupported"});
  CHECK(accepted.errors.empty());
  CHECK(accepted.status == 0);
}

TEST_CASE("a bundle without files is refused and named", "[cli]") {
  Commands commands;
  std::filesystem::create_directory(commands.path("empty"));

  const auto ended = commands.run({"add", "--database", "index.db", "--format", "json",
                                   "empty=registry.example.com/samples/empty:1"});

  CHECK(ended.status == 1);
  CHECK(error_kinds(ended).front() == "invalid-bundle");
  CHECK_THAT(ended.output, Contains("registry.example.com/samples/empty:1"));
}

TEST_CASE("a manifest that is left out is warned of on standard error", "[cli]") {
  Commands commands;
  std::filesystem::copy(directory_of("heron-operator/1.0.0"), commands.path("bundle"),
                        std::filesystem::copy_options::recursive);
  iib::write_file_atomically(commands.path("bundle") + "/manifests/zz-broken.yaml", "foo: [\n");

  const auto ended =
      commands.run({"add", "--database", "index.db", "bundle=registry.example.com/s/heron:1"});

  CHECK(ended.status == 0);
  CHECK_THAT(ended.errors, Contains("warning: ") && Contains("zz-broken.yaml"));
}
