#include "golden.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

/// Pushes a real bundle under the repository and tag that the golden files name, and notes its
/// golden name under the pull specification that an index will hold.
std::string push(Site& site, const CorpusBundle& bundle,
                 std::map<std::string, std::string>& golden_names) {
  const auto path = bundle.image.substr(bundle.image.find('/') + 1);
  const auto colon = path.find(':');
  const auto repository = path.substr(0, colon);
  const auto digest =
      site.registry().push(repository, path.substr(colon + 1), bundle_image(bundle.directory));
  golden_names[site.pull_spec(repository + "@" + digest)] = bundle.image;
  return site.pull_spec(path);
}

/// The tables that have rows, except the one of the schema's versions.
std::vector<std::string> filled_tables(IndexDatabase& database) {
  std::vector<std::string> filled;
  for (const auto& row : database.query("SELECT name FROM sqlite_master WHERE type = 'table' "
                                        "AND name != 'schema_migrations' ORDER BY name")) {
    const auto rows = database.query(fmt::format("SELECT COUNT(*) FROM {}", row.front()));
    if (rows != Rows{{"0"}}) filled.push_back(row.front());
  }
  return filled;
}

}  // namespace

TEST_CASE("real bundles added one after another give the catalog of the reference", "[corpus]") {
  IIBD_NEEDS_TOOLS();
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("needs the shared corpus: set IIBD_SHARED");
  // Replaces with skips; refused steps and several channels; three channels.
  const auto [package, engine] =
      GENERATE(table<std::string, std::string>({{"pelorus-operator", "embedded"},
                                                {"pelorus-operator", "tools"},
                                                {"cockroachdb", "embedded"},
                                                {"pulsar-resources-operator", "embedded"}}));
  CAPTURE(package, engine);
  const auto golden = read_golden(*shared, package);
  const auto corpus = read_corpus(*shared);
  Site site;
  site.use_image_engine(engine);
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();

  std::map<std::string, std::string> golden_names;
  std::optional<std::string> index;
  for (const auto& step : golden.steps) {
    std::vector<std::string> bundles;
    for (const auto& key : step.bundles) {
      bundles.push_back(push(site, corpus.at(key), golden_names));
    }
    CAPTURE(bundles);
    const auto document = build(
        daemon, "add", site.add_body(bundles, {.from_index = index, .add_arches = {"amd64"}}));
    INFO(text_of(document, "state_reason"));
    if (step.accepted) {
      REQUIRE(text_of(document, "state") == "complete");
      index = text_of(document, "index_image");
    } else {
      REQUIRE(text_of(document, "state") == "failed");
      CHECK_THAT(text_of(document, "state_reason"), Catch::Contains(package));
    }
  }

  REQUIRE(index);
  IndexDatabase database{site.registry(), *index};
  const auto tables = read_tables(database, golden_names);
  REQUIRE_FALSE(tables.package.empty());
  CHECK(tables.package == golden.tables.package);
  CHECK(tables.channel == golden.tables.channel);
  CHECK(tables.channel_entry == golden.tables.channel_entry);
  CHECK(tables.operatorbundle == golden.tables.operatorbundle);

  const auto removed = build_index(daemon, "rm", site.rm_body({package}, {.from_index = index}));
  IndexDatabase rest{site.registry(), removed};
  CHECK(filled_tables(rest).empty());  // as the reference leaves it: golden *--add-then-rm
}

}  // namespace iib::test
