#include "iib/catalog/graph_drawing.hpp"

#include "iib/io/json.hpp"
#include "index_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace iib::test {
namespace {

using catalog::draw_graph;
using catalog::GraphFormat;
using catalog::PackageContents;

/// A package of one channel, alpha, whose bundles have no version.
PackageContents package_of(const std::string& head, std::vector<catalog::ChannelNode> nodes) {
  PackageContents package{"pk", "alpha", {}, {}};
  for (const auto& node : nodes) {
    package.bundles.push_back({node.bundle, "", "reg/ns/" + node.bundle, "", false});
  }
  std::sort(package.bundles.begin(), package.bundles.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  package.channels.push_back({"alpha", head, std::move(nodes)});
  return package;
}

/// The drawing of the only channel, without title and legend.
std::string drawing(const PackageContents& package) {
  const auto text = draw_graph(package, GraphFormat::text);
  const auto begin = text.find("(default)\n") + 10;
  return text.substr(begin, text.find("\n* bundle") - begin);
}

}  // namespace

TEST_CASE("a drawing leads from the head down and marks what is special", "[catalog][graph]") {
  IndexFixture fixture;
  fixture.add({"otter.v1(1.0.0)", "otter.v2(2.0.0; replaces otter.v1)",
               "otter.v2.1(2.1.0; replaces otter.v2)",
               "otter.v3(3.0.0, alpha, beta; default alpha; replaces otter.v2; skips otter.v2.1, "
               "otter.v2.2)"});
  const std::vector<std::string> pull_specs{"reg/ns/otter.v2:1"};
  fixture.index = fixture.engine.deprecate(*fixture.index, pull_specs, {}, fixture.work());
  change_database(fixture.index->path,
                  "UPDATE operatorbundle SET skiprange = '<2.0.0' WHERE name = 'otter.v3'");
  const auto contents =
      catalog::read_contents(*fixture.index, {.packages = {}, .detail = catalog::Detail::full}, {});

  CHECK(draw_graph(contents.packages.at(0), GraphFormat::text) ==
        "package pk, default channel alpha\n"
        "\n"
        "channel alpha (default)\n"
        "  * otter.v3      3.0.0  head\n"
        "  |-x otter.v2.1  2.1.0  skipped\n"
        "  |-x otter.v2.2         skipped, no such bundle\n"
        "  |-x <2.0.0             skipped range\n"
        "  |\n"
        "  * otter.v2      2.0.0  deprecated\n"
        "\n"
        "channel beta\n"
        "  * otter.v3      3.0.0  head\n"
        "  |-x otter.v2.1  2.1.0  skipped\n"
        "  |-x otter.v2.2         skipped, no such bundle\n"
        "  |-x <2.0.0             skipped range\n"
        "  |\n"
        "  * otter.v2      2.0.0  deprecated\n"
        "\n"
        "* bundle   | replaces the one below   x skips\n");
}

TEST_CASE("the last bundle's skips close the line", "[catalog][graph]") {
  CHECK(drawing(package_of("v2", {{"v2", "", {"v1", "v0"}, ""}, {"v1", "", {}, ""}})) ==
        "  * v2    head\n"
        "  |-x v1  skipped\n"
        "  `-x v0  skipped, no such bundle\n");
}

TEST_CASE("a bundle that skips what stands below it is told in one line", "[catalog][graph]") {
  const auto drawn = drawing(package_of("v5", {{"v5", "v4", {"v2", "w", "v4", "v3"}, ""},
                                               {"w", "", {}, ""},
                                               {"v4", "v3", {"v2", "v1"}, ""},
                                               {"v3", "v2", {}, ""},
                                               {"v2", "v1", {}, ""},
                                               {"v1", "", {}, ""}}));

  CHECK(drawn ==
        "  * v5    head\n"
        "  |-x w   skipped\n"
        "  |-x v2  skipped, and the 2 between\n"
        "  |\n"
        "  * v4\n"
        "  |-x v2  skipped\n"
        "  |-x v1  skipped\n"
        "  |\n"
        "  * v3\n"
        "  |\n"
        "  * v2\n"
        "  |\n"
        "  * v1\n");
}

TEST_CASE("branches are drawn beside the head's line and end where they join it",
          "[catalog][graph]") {
  SECTION("one that the head skips") {
    CHECK(drawing(package_of("v4", {{"v4", "v2", {"v3"}, ""},
                                    {"v3", "v2", {}, ""},
                                    {"v2", "v1", {}, ""},
                                    {"v1", "", {}, ""}})) ==
          "  * v4    head\n"
          "  |-x v3  skipped\n"
          "  |\n"
          "  * v2\n"
          "  |\n"
          "  * v1\n"
          "\n"
          "  branch, skipped by v4:\n"
          "  * v3\n"
          "  |\n"
          "  ^ v2    see above\n");
  }
  SECTION("one that nothing leads to") {
    CHECK(drawing(package_of("v2", {{"v2", "v1", {}, ""},
                                    {"v1", "", {}, ""},
                                    {"w2", "w1", {}, ""},
                                    {"w1", "", {}, ""}})) ==
          "  * v2  head\n"
          "  |\n"
          "  * v1\n"
          "\n"
          "  branch that the head does not lead to:\n"
          "  * w2\n"
          "  |\n"
          "  * w1\n");
  }
}

TEST_CASE("cycles end where they close", "[catalog][graph]") {
  CHECK(drawing(package_of("v2", {{"v2", "v1", {}, ""}, {"v1", "v2", {}, ""}})) ==
        "  * v2  head\n"
        "  |\n"
        "  * v1\n"
        "  |\n"
        "  ^ v2  see above\n");

  SECTION("also one that replaces and skips itself") {
    CHECK(drawing(package_of("v1", {{"v1", "v1", {"v1"}, ""}})) ==
          "  * v1    head\n"
          "  |-x v1  skipped\n"
          "  |\n"
          "  ^ v1    see above\n");
  }
  SECTION("also one that the head does not lead to") {
    const auto text = drawing(
        package_of("v1", {{"v1", "", {}, ""}, {"a", "b", {"b"}, ""}, {"b", "a", {"a"}, ""}}));
    CHECK(text.find("  * a\n") != std::string::npos);
    CHECK(text.find("  ^ a") != std::string::npos);
  }
  SECTION("also a long one") {
    std::vector<catalog::ChannelNode> nodes;
    for (int i = 0; i < 20'000; ++i) {
      nodes.push_back({std::to_string(i), std::to_string((i + 1) % 20'000), {}, ""});
    }
    const auto text = drawing(package_of("0", std::move(nodes)));
    CHECK(text.find("  ^ 0") != std::string::npos);
  }
}

TEST_CASE("a head without a place in the graph is told, and the rest drawn", "[catalog][graph]") {
  CHECK(drawing(package_of("gone", {{"v1", "", {}, ""}})) ==
        "  the head gone has no place in the graph\n"
        "\n"
        "  branch that the head does not lead to:\n"
        "  * v1\n");
}

TEST_CASE("dot output names nodes by number and escapes every label", "[catalog][graph]") {
  auto package =
      package_of("v\"2\\", {{"v\"2\\", "v1", {"vx"}, ">=1 \"<2\" &gt;"}, {"v1", "", {}, ""}});
  package.channels[0].nodes.push_back({"vx", "", {}, ""});
  package.name = "p\"k";

  CHECK(draw_graph(package, GraphFormat::dot) ==
        R"dot(digraph "p\"k" {
  graph [rankdir=TB, fontname="sans-serif"];
  node [shape=box, fontname="sans-serif"];
  edge [fontname="sans-serif", fontsize=10];
  subgraph cluster_0 {
    label="channel alpha (default)";
    c0n0 [label="v\"2\\\nhead\nskips the range >=1 \"<2\" &amp;gt;", style=bold];
    c0n1 [label="v1"];
    c0n2 [label="vx\nno such bundle", style=dashed, fontcolor=gray40];
    c0n0 -> c0n1 [label="replaces"];
    c0n0 -> c0n2 [label="skips", style=dashed];
  }
}
)dot");
}

TEST_CASE("mermaid output names nodes by number and escapes every label", "[catalog][graph]") {
  auto package = package_of("v2", {{"v2", "a\"#<b>&`c", {}, ""}, {"a\"#<b>&`c", "", {}, ""}});
  package.bundles[1].deprecated = true;

  CHECK(draw_graph(package, GraphFormat::mermaid) ==
        R"mermaid(flowchart TD
  subgraph c0["channel alpha (default)"]
    c0n0["v2<br/>head<br/>deprecated"]:::deprecated
    c0n1["a#34;#35;#60;b#62;#38;#96;c"]
    c0n0 -->|replaces| c0n1
  end
  classDef head stroke-width:3px
  classDef deprecated fill:#ddd
  classDef stub stroke-dasharray:4 4,color:#666
)mermaid");
}

TEST_CASE("json output is the whole package", "[catalog][graph]") {
  auto package = package_of("v2", {{"v2", "v1", {"vx"}, "<2"}, {"v1", "", {}, ""}});
  package.channels[0].nodes.push_back({"vx\xff", "", {}, ""});

  const auto json = io::parse_json(draw_graph(package, GraphFormat::json));

  CHECK(io::text_member(json, "name") == "pk");
  const auto& nodes = json["channels"][0]["nodes"];
  CHECK(io::to_json(nodes[0]) ==
        R"({"bundle":"v2","stub":false,"replaces":"v1","skips":["vx"],"skip_range":"<2"})");
  CHECK(nodes[2]["stub"].GetBool());
  CHECK(json["bundles"].Size() == 2);
}

}  // namespace iib::test
