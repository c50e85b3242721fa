#include "golden_support.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/contents.hpp"
#include "index_fixture.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <functional>
#include <set>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using Texts = std::set<std::string>;

constexpr std::size_t kLimit = 64UL << 20U;

/// What a catalog holds, as texts that contents and golden tables can both be turned into.
struct Facts {
  Texts bundles;
  Texts deprecated;
  Texts packages;
  Texts channels;
  Texts edges;
};

Facts facts_of(const catalog::Contents& contents) {
  Facts facts;
  const auto add_bundle = [&](const catalog::BundleSummary& bundle) {
    facts.bundles.insert(fmt::format("{} {} {}", bundle.name, bundle.version, bundle.pull_spec));
    if (bundle.deprecated) facts.deprecated.insert(bundle.name);
  };
  for (const auto& bundle : contents.stranded) add_bundle(bundle);
  for (const auto& package : contents.packages) {
    facts.packages.insert(package.name + " " + package.default_channel);
    for (const auto& bundle : package.bundles) add_bundle(bundle);
    for (const auto& channel : package.channels) {
      facts.channels.insert(channel.name + " " + channel.head);
      const auto add_edge = [&](const std::string& from, const std::string& to) {
        facts.edges.insert(fmt::format("{} {} {}", channel.name, from, to));
      };
      for (const auto& node : channel.nodes) {
        if (!node.replaces.empty()) add_edge(node.bundle, node.replaces);
        for (const auto& skipped : node.skips) add_edge(node.bundle, skipped);
      }
    }
  }
  return facts;
}

Texts rows(const io::JsonValue& golden, const char* table,
           const std::function<std::string(const io::JsonValue&)>& show) {
  Texts texts;
  const auto& tables = *io::find_member(golden, "tables");
  for (const auto& row : io::find_member(*io::find_member(tables, table), "rows")->GetArray()) {
    if (auto text = show(row); !text.empty()) texts.insert(std::move(text));
  }
  return texts;
}

Facts facts_of(const io::JsonValue& golden) {
  const auto cell = [](const io::JsonValue& row, unsigned column) {
    return std::string{row[column].GetString()};
  };
  Facts facts;
  facts.bundles = rows(golden, "operatorbundle", [&](const auto& row) {
    return fmt::format("{} {} {}", cell(row, 0), cell(row, 5), cell(row, 3));
  });
  facts.deprecated = rows(golden, "deprecated", [&](const auto& row) { return cell(row, 0); });
  facts.packages =
      rows(golden, "package", [&](const auto& row) { return cell(row, 0) + " " + cell(row, 1); });
  facts.channels =
      rows(golden, "channel", [&](const auto& row) { return cell(row, 0) + " " + cell(row, 2); });
  facts.edges = rows(golden, "channel_entry", [&](const auto& row) {
    if (row[1].IsNull()) return std::string{};
    return fmt::format("{} {} {}", cell(row[0], 1), cell(row[0], 2), cell(row[1], 2));
  });
  return facts;
}

/// Runs the steps of a golden scenario, all of which are accepted.
void run(const io::JsonValue& golden, const fs::path& shared, IndexFixture& fixture) {
  const auto corpus = shared / "corpus";
  const auto bundles = io::parse_json(read_file(corpus / "bundles.json", kLimit));
  std::map<std::string, catalog::BundleSource> sources;
  for (const auto& bundle : bundles.GetArray()) {
    auto& source = sources[std::string{io::text_member(bundle, "key").value()}];
    source.pull_spec = io::text_member(bundle, "image").value();
    source.directory = corpus / io::text_member(bundle, "directory").value();
  }
  for (const auto& step : io::find_member(golden, "steps")->GetArray()) {
    const auto& op = *io::find_member(step, "op");
    std::vector<catalog::BundleSource> given;
    std::vector<std::string> pull_specs;
    for (const auto& key : io::find_member(op, "bundles")->GetArray()) {
      given.push_back(sources.at(key.GetString()));
      pull_specs.push_back(given.back().pull_spec);
    }
    if (io::text_member(op, "op") == "add") {
      fixture.index = fixture.engine.add(fixture.index, given, {}, fixture.work());
    } else {
      fixture.index =
          fixture.engine.deprecate(fixture.index.value(), pull_specs, {}, fixture.work());
    }
  }
}

}  // namespace

TEST_CASE("the contents of golden catalogs hold what their tables say", "[catalog][golden]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  const auto scenario =
      GENERATE(as<std::string>(), "pelorus-operator--replaces-one-by-one",
               "dapr-kubernetes-operator--deprecate-middle", "clickhouse--deprecate-middle",
               "falcon-operator-rhmp--deprecate-middle");
  CAPTURE(scenario);
  const auto golden =
      io::parse_json(read_file(*shared / "golden" / "catalog" / (scenario + ".json"), kLimit));
  IndexFixture fixture;
  run(golden, *shared, fixture);

  const auto actual = facts_of(catalog::read_contents(fixture.index.value(), {}, {}));
  const auto expected = facts_of(golden);

  CHECK(actual.bundles == expected.bundles);
  CHECK(actual.deprecated == expected.deprecated);
  CHECK(actual.packages == expected.packages);
  CHECK(actual.channels == expected.channels);
  CHECK(actual.edges == expected.edges);
}

}  // namespace iib::test
