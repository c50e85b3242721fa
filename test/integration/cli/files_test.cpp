#include "files_site.hpp"
#include "package_text.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

namespace fs = std::filesystem;

namespace {

using Site = FilesSite;

}  // namespace

TEST_CASE("a migrated catalog tells the same as its database", "[cli][files]") {
  Site site;

  CHECK(site.ok({"migrate", "index.db", "configs"}) == "configs has 2 packages\n");

  CHECK(site.commands.files() == std::vector<std::string>{"configs", "index.db"});
  for (const Arguments& command :
       {Arguments{"list"}, Arguments{"list", "channels"}, Arguments{"list", "bundles"},
        Arguments{"show", "otter-operator"}, Arguments{"graph", "heron-operator"}}) {
    CAPTURE(command);
    auto of_database = command;
    of_database.insert(of_database.end(), {"--database", "index.db"});
    auto of_files = command;
    of_files.insert(of_files.end(), {"--catalog", "configs"});
    CHECK(site.ok(of_files) == site.ok(of_database));
  }
  CHECK(site.ok({"diff", "index.db", "configs"}) == "the catalogs do not differ\n");
  CHECK_THAT(site.ok({"diff", "configs", "configs/otter-operator/catalog.json"}),
             Contains("- package heron-operator"));
  CHECK(site.ok({"validate", "--catalog", "configs"}) == "configs is valid\n");
  CHECK_THAT(site.refused({"graph", "--catalog", "configs", "oter-operator"}),
             Contains("did you mean otter-operator"));

  SECTION("into a directory that is not empty nothing is written") {
    CHECK_THAT(site.refused({"migrate", "index.db", "configs"}), Contains("is not empty"));
    CHECK(site.ok({"validate", "--catalog", "configs"}) == "configs is valid\n");
  }
  SECTION("in YAML it is the same catalog") {
    const auto json = iib::io::parse_json(
        site.ok({"migrate", "--write", "yaml", "--format", "json", "configs", "in-yaml"}));
    CHECK(json["packages"].Size() == 2);
    CHECK(fs::exists(site.commands.path("in-yaml/otter-operator/catalog.yaml")));
    CHECK(site.ok({"render", "in-yaml"}).size() == site.ok({"render", "configs"}).size());
    CHECK(site.ok({"diff", "configs", "in-yaml"}) == "the catalogs do not differ\n");
  }
}

TEST_CASE("validate tells the breaches of a file-based catalog by file and blob", "[cli][files]") {
  Site site;
  site.write("configs/p/catalog.json", package_text("p", "s", "p.v1"));
  site.write("configs/q/catalog.json", package_text("p", "s", "p.v1"));

  const auto ended = site.commands.run({"validate", "--catalog", "configs"});
  CHECK(ended.status == 1);
  CHECK_THAT(ended.output, Contains("package-duplicate     q/catalog.json, blob 1 (line 1): ") &&
                               Contains("configs has "));
  const auto told = site.commands.run({"validate", "--catalog", "configs", "--format", "json"});
  CHECK(told.status == 1);
  const auto json = told.json();
  CHECK_FALSE(iib::io::find_member(json, "valid")->GetBool());
  CHECK(iib::io::text_member(json["problems"][0], "rule") == "package-duplicate");
  CHECK(iib::io::text_member(json["problems"][0], "file") == "q/catalog.json");
}

TEST_CASE("render writes blobs of catalogs and bundles", "[cli][files]") {
  Site site;
  site.ok({"migrate", "index.db", "configs"});
  const auto rendered = site.ok({"render", "index.db"});

  CHECK(rendered == site.text("configs/heron-operator/catalog.json") +
                        site.text("configs/otter-operator/catalog.json"));
  CHECK(site.ok({"render", "configs"}) == rendered);
  CHECK_THAT(site.ok({"render", sample("heron-operator/1.0.0")}),
             Contains("\"schema\": \"olm.bundle\"") && Contains("olm.bundle.object") &&
                 Contains(pull_spec_of("heron-operator/1.0.0")));
  CHECK_THAT(
      site.ok({"render", "--format", "yaml", "--migrate-level", "bundle-object-to-csv-metadata",
               sample("heron-operator/1.0.0")}),
      Catch::StartsWith("---\n") && Contains("olm.csv.metadata") && !Contains("olm.bundle.object"));

  const auto bundle = directory_of("heron-operator/1.0.0").string();
  CHECK_THAT(site.refused({"render", bundle}), Contains(bundle + "=PULLSPEC"));
  CHECK_THAT(site.refused({"render", "heron=quay.io/a/b:1"}), Contains("heron is no directory"));
  site.write("broken/catalog.json", "{\"schema\":");
  CHECK_THAT(site.refused({"render", "configs", "broken"}), Contains("catalog.json"));
  const auto told = site.commands.run({"render", "--format", "json", "broken"});
  CHECK(told.status == 1);
  CHECK(iib::io::find_member(told.json(), "problems") != nullptr);
}

TEST_CASE("merge takes packages of fragments as a whole", "[cli][files]") {
  Site site;
  site.ok({"migrate", "index.db", "configs"});
  const auto before = site.text("configs/otter-operator/catalog.json");
  site.write("fragment/heron-operator/catalog.json",
             package_text("heron-operator", "s", "heron.v9"));
  site.write("fragment/ibis/catalog.json", package_text("ibis", "s", "ibis.v1"));

  const auto told = site.ok({"merge", "configs", "fragment", "--output", "merged"});

  CHECK_THAT(told, Contains("merged: ") && Contains("it holds 5 bundles in 3 packages"));
  CHECK(site.text("merged/otter-operator/catalog.json") == before);
  CHECK(site.text("merged/ibis/catalog.json") == site.text("fragment/ibis/catalog.json"));
  CHECK(site.ok({"validate", "--catalog", "merged"}) == "merged is valid\n");
  CHECK(fs::hard_link_count(site.commands.path("merged/otter-operator/catalog.json")) == 1);
  CHECK(fs::hard_link_count(site.commands.path("configs/otter-operator/catalog.json")) == 1);

  SECTION("what is refused leaves nothing") {
    site.write("fragment/ibis/second.json", package_text("ibis", "s", "ibis.v1"));
    CHECK_THAT(site.refused({"merge", "configs", "fragment", "--output", "again"}),
               Contains("ibis"));
    const auto files = site.commands.files();
    CHECK(std::none_of(files.begin(), files.end(),
                       [](const auto& name) { return name.find("again") != std::string::npos; }));
    CHECK_THAT(site.refused({"merge", "configs", "fragment", "--output", "merged"}),
               Contains("is not empty"));
    CHECK_THAT(site.refused({"merge", "index.db", "fragment", "--output", "again"}),
               Contains("iibd catalog migrate index.db DIR"));
  }
}

TEST_CASE("cache makes a serve cache and keeps it up to date", "[cli][files]") {
  Site site;
  site.write("configs/p/catalog.json", package_text("p", "s", "p.v1"));
  const Arguments command{"cache", "configs", "--output", "served"};

  CHECK_THAT(site.ok(command), Catch::StartsWith("served: made, digest "));
  const auto digest = site.text("served/digest");
  CHECK_THAT(site.text("served/cache/packages.json"), Catch::StartsWith("{\"p\":"));
  CHECK(site.ok(command) == "served: up to date, digest " + digest + "\n");

  SECTION("when the catalog changes it is made anew") {
    site.write("configs/q/catalog.json", package_text("q", "s", "q.v1"));
    const auto told =
        site.commands.run({"cache", "configs", "--output", "served", "--format", "json"});
    CHECK(iib::io::text_member(told.json(), "digest") == site.text("served/digest"));
    CHECK(iib::io::find_member(told.json(), "written")->GetBool());
    CHECK(site.text("served/digest") != digest);
    CHECK(fs::exists(site.commands.path("served/cache/q_s_q.v1.json")));
  }
  SECTION("names that would share a file are refused, and the old cache stays") {
    site.write("configs/a/catalog.json", package_text("a", "b-c_d", "x"));
    site.write("configs/e/catalog.json", package_text("a_b-c", "d", "x"));
    CHECK_THAT(site.refused(command), Contains("a_b-c_d_x.json"));
    CHECK(site.text("served/digest") == digest);
  }
  SECTION("the modes of files count") {
    fs::permissions(site.commands.path("configs/p/catalog.json"), fs::perms::owner_all);
    CHECK_THAT(site.ok(command), Catch::StartsWith("served: replaced, digest "));
    const auto of_host = site.text("served/digest");
    CHECK_THAT(site.ok({"cache", "configs", "--output", "served", "--layer-modes"}),
               Catch::StartsWith("served: replaced, digest "));
    CHECK(site.text("served/digest") != of_host);
  }
  SECTION("what is no JSON cache is not touched") {
    fs::create_directories(site.commands.path("served/pogreb.v1"));
    CHECK_THAT(site.refused(command), Contains("pogreb.v1") && Contains("remove it"));
    CHECK_THAT(site.refused({"cache", "configs", "--output", "configs"}),
               Contains("something else"));
  }
}

TEST_CASE("deprecate-packages tells of packages that are there", "[cli][files]") {
  Site site;
  site.ok({"migrate", "index.db", "configs"});
  const std::string text =
      R"({"schema":"olm.deprecations","package":"heron-operator","entries":[{"reference":)"
      R"({"schema":"olm.bundle","name":"heron-operator.v1.0.0"},"message":"use 1.1.0"}]})";
  site.write("heron.json", text);

  CHECK(site.ok({"deprecate-packages", "configs", "heron.json", "--output", "told"}) ==
        "told: deprecations of heron-operator written\n");

  CHECK(site.text("told/_operator-deprecations-content/heron-operator/heron-operator.json") ==
        text + "\n");
  CHECK_THAT(site.ok({"list", "bundles", "--catalog", "told"}), Contains("deprecated"));
  CHECK(site.ok({"diff", "configs", "told"}) ==
        "~ package heron-operator\n"
        "~   bundle   heron-operator.v1.0.0  1.0.0  deprecated\n"
        "+   deprecation of bundle heron-operator.v1.0.0: use 1.1.0\n");
  CHECK_FALSE(fs::exists(site.commands.path("configs/_operator-deprecations-content")));

  site.write("own/heron-operator/catalog.json",
             site.text("configs/heron-operator/catalog.json") + text);
  const auto clash =
      site.commands.run({"deprecate-packages", "own", "heron.json", "--output", "twice"});
  CHECK(clash.status == 0);
  CHECK_THAT(clash.errors, Contains("heron-operator/catalog.json, blob") &&
                               Contains("is there already") && Contains("opm from 1.32 on"));

  auto unknown = text;
  unknown.replace(unknown.find("heron-operator"), 14, "heron-operatr");
  site.write("unknown.json", unknown);
  CHECK_THAT(site.refused({"deprecate-packages", "configs", "unknown.json", "--output", "again"}),
             Contains("did you mean heron-operator"));
  site.write("wrong.json", "[]");
  CHECK_THAT(site.refused({"deprecate-packages", "configs", "wrong.json", "--output", "again"}),
             Contains("wrong.json"));
  CHECK_FALSE(fs::exists(site.commands.path("again")));
}

TEST_CASE("deprecations of a package and its channels are seen", "[cli][files]") {
  Site site;
  site.ok({"migrate", "index.db", "configs"});
  site.write("heron.json",
             R"({"schema":"olm.deprecations","package":"heron-operator","entries":[)"
             R"({"reference":{"schema":"olm.package"},"message":"use ibis"},)"
             R"({"reference":{"schema":"olm.channel","name":"stable"},"message":"use fast"}]})");
  site.ok({"deprecate-packages", "configs", "heron.json", "--output", "told"});

  CHECK(site.ok({"diff", "configs", "told"}) ==
        "~ package heron-operator\n"
        "+   deprecation of channel stable: use fast\n"
        "+   deprecation of the package: use ibis\n");
  const auto json = iib::io::parse_json(site.ok({"diff", "told", "configs", "--format", "json"}));
  CHECK(json["packages"][0]["deprecations_removed"].Size() == 2);
  CHECK(json["packages"][0]["deprecations_added"].Empty());
  CHECK_THAT(site.ok({"list", "channels", "--catalog", "told"}), Contains("default, deprecated"));
  CHECK_THAT(site.ok({"show", "--catalog", "told", "heron-operator"}),
             Contains("the package is deprecated: use ibis\n") && Contains("deprecated: use fast"));
  site.write("fragment/otter-operator/catalog.json",
             site.text("configs/otter-operator/catalog.json"));
  site.write("fragment/_operator-deprecations-content/heron-operator/heron-operator.json",
             R"({"schema":"olm.deprecations","package":"heron-operator","entries":[)"
             R"({"reference":{"schema":"olm.package"},"message":"use it"}]})");
  CHECK_THAT(site.ok({"merge", "told", "fragment", "--output", "merged"}),
             Contains("deprecations of one package changed"));
}

TEST_CASE("a name that is neither a file nor an image is refused as both", "[cli][files]") {
  Commands commands;
  const auto arguments = GENERATE(
      Arguments{"diff", "index.bd", "index.db"}, Arguments{"migrate", "cofigs/heron", "files"},
      Arguments{"merge", "./cofigs", "fragment", "--output", "merged"},
      Arguments{"render", "/cofigs/heron.json"}, Arguments{"render", "catalog.json"});
  CAPTURE(arguments);
  const auto& name = arguments[1];

  const auto ended = commands.run(arguments);

  CHECK(ended.status == 1);
  CHECK(ended.output.empty());
  CHECK(ended.errors ==
        fmt::format("iibd: there is no file or directory {0}, and {0} is no pull specification "
                    "(registry/repository:tag or registry/repository@sha256:digest): correct the "
                    "name\n",
                    name));
  CHECK(commands.files().empty());
}

TEST_CASE("what is no directory is refused where only one can be meant", "[cli][files]") {
  Site site;
  site.write("heron.json", "{}");
  for (const Arguments& command :
       {Arguments{"cache"}, Arguments{"deprecate-packages", "heron.json"}}) {
    for (const auto& [name, reason] :
         {std::pair{"index.db", "index.db is no directory"}, {"cofigs", "cofigs does not exist"}}) {
      auto arguments = command;
      arguments.insert(arguments.begin() + 1, name);
      arguments.insert(arguments.end(), {"--output", "made"});
      CHECK_THAT(site.refused(arguments),
                 Contains(reason) && Contains("the directory of a file-based catalog"));
    }
  }
  CHECK_THAT(site.refused({"list", "--catalog", "index.db"}), Contains("--database"));
  CHECK_FALSE(fs::exists(site.commands.path("made")));
}

TEST_CASE("the commands for files refuse wrong command lines", "[cli][files]") {
  Commands commands;
  const auto [arguments, remedy] = GENERATE(table<Arguments, std::string>({
      {Arguments{"list"}, "--database FILE, --catalog PATH or --index IMAGE"},
      {Arguments{"list", "--database", "a", "--catalog", "b"}, "not both"},
      {Arguments{"rm", "--catalog", "a", "p"}, "--catalog"},
      {Arguments{"render"}, "SOURCE"},
      {Arguments{"render", "a", "--migrate-level", "some"}, "bundle-object-to-csv-metadata"},
      {Arguments{"migrate", "a"}, "DIR"},
      {Arguments{"merge", "a", "--output", "b"}, "FRAGMENT"},
      {Arguments{"merge", "a", "b"}, "--output"},
      {Arguments{"cache", "a"}, "--output"},
      {Arguments{"deprecate-packages", "a", "--output", "b"}, "FILE"},
  }));
  CAPTURE(arguments);

  const auto ended = commands.run(arguments);

  CHECK(ended.status == 2);
  CHECK(ended.output.empty());
  CHECK_THAT(ended.errors, Contains(remedy) && Contains("--help"));
}
