#include "../index_fixture.hpp"
#include "catalog/fbc/blob_parser.hpp"
#include "iib/base/base64.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "iib/catalog/fbc_render.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>
#include <string>
#include <vector>

namespace iib::test {
namespace {

namespace fbc = catalog::fbc;
using Catch::Matchers::Contains;

catalog::Catalog directory(const CatalogTree& tree) {
  return {.kind = catalog::CatalogKind::file_based, .path = tree.root()};
}

std::string rendered(const IndexFixture& fixture, const std::vector<fbc::RenderSource>& sources,
                     const fbc::FormOptions& options = {}) {
  std::ostringstream out;
  fbc::render(sources, out, options, fixture.work());
  return out.str();
}

/// `schema/name` of the blobs in `text`.
std::string names_in(const std::string& text) {
  std::vector<std::string> names;
  fbc::BlobReader reader{std::make_unique<std::istringstream>(text), "rendered"};
  while (const auto raw = reader.next()) {
    const auto blob = fbc::parse_blob(*raw, fbc::Values::leave_out);
    names.push_back(fmt::format("{}/{}", io::text_member(blob.root, "schema").value_or(""),
                                io::text_member(blob.root, "name").value_or("")));
  }
  return fmt::format("{}", fmt::join(names, " "));
}

}  // namespace

TEST_CASE("blobs of all files come in the order of a catalog", "[fbc][render]") {
  const IndexFixture fixture;
  const CatalogTree tree;
  tree.write("z.json", R"({"schema":"custom.z","package":"p"}{"schema":"custom.a","package":"p"}
    {"schema":"meta"}{"schema":"olm.package","name":"a","defaultChannel":"x"})");
  tree.write("a.yaml", R"(---
schema: olm.bundle
name: v2
package: p
image: example.com/b:2
---
schema: olm.channel
name: z
package: p
entries: []
)");
  tree.write("b.json", R"({"schema":"olm.bundle","name":"v1","package":"p","image":"i"}
    {"schema":"olm.bundle","name":"nobody's","package":"","image":"i"}
    {"schema":"olm.channel","name":"b","package":"p"}{"schema":"olm.package","name":"p"})");

  const auto text = rendered(fixture, {directory(tree)});

  CHECK(names_in(text) ==
        "olm.package/a olm.package/p olm.channel/b olm.channel/z olm.bundle/v1 olm.bundle/v2 "
        "custom.a/ custom.z/ meta/");
  CHECK(names_in(rendered(fixture, {directory(tree)}, {.format = fbc::Format::yaml})) ==
        names_in(text));
}

TEST_CASE("a database, a directory and a bundle are rendered together", "[fbc][render]") {
  IndexFixture fixture;
  fixture.add({"a.v1(1.0.0; package a)"});
  const CatalogTree tree;
  tree.write("own/catalog.json", small_package("own"));
  const auto bundle = fixture.write(files_of("b.v1(1.0.0; package b)"), "reg/ns/b:1");

  CHECK(names_in(rendered(fixture, {directory(tree), bundle, fixture.index.value()})) ==
        "olm.package/a olm.channel/alpha olm.bundle/a.v1 olm.bundle/b.v1 olm.package/own "
        "olm.channel/s olm.bundle/own.v1");
}

TEST_CASE("objects of a bundle go behind and are given in full", "[fbc][render]") {
  const IndexFixture fixture;
  const CatalogTree tree;
  const std::string csv =
      R"({"kind":"ClusterServiceVersion","metadata":{"name":"v1"},"spec":{"displayName":"D"}})";
  tree.write("p/.indexignore", "objects/\n");
  tree.write("p/objects/map.yaml", "kind: ConfigMap\n");
  tree.write("p/catalog.json", fmt::format(R"({{"schema":"olm.bundle","name":"v1","package":"p",
    "image":"i","relatedImages":[{{"name":"b","image":"y"}},{{"name":"a","image":"x"}}],"properties":[
    {{"type":"olm.bundle.object","value":{{"data":"{}"}}}},{{"type":"z","value":1.0}},
    {{"type":"olm.bundle.object","value":{{"ref":"objects/map.yaml"}}}}]}})",
                                           to_base64(csv)));

  SECTION("as objects") {
    const auto text = rendered(fixture, {directory(tree)});
    CHECK(text.find("\"value\": 1.0") < text.find("olm.bundle.object"));
    CHECK(text.find(to_base64(csv)) < text.find(to_base64(R"({"kind":"ConfigMap"})")));
    CHECK(text.find("\"x\"") < text.find("\"y\""));
  }
  SECTION("as metadata") {
    const auto text = rendered(fixture, {directory(tree)},
                               {.level = fbc::MigrateLevel::bundle_object_to_csv_metadata});
    CHECK_THAT(text, Contains("olm.csv.metadata") && Contains("\"displayName\": \"D\""));
    CHECK_THAT(text, !Contains("olm.bundle.object"));
  }
}

TEST_CASE("a source that cannot be read is told by file and blob", "[fbc][render]") {
  const IndexFixture fixture;
  const CatalogTree tree;
  tree.write("p/catalog.json", small_package("p") + R"({"name":"x"})");
  CHECK_THROWS_WITH(rendered(fixture, {directory(tree)}), Contains("p/catalog.json, blob 4"));
}

TEST_CASE("a catalog is migrated into another form", "[fbc][render]") {
  const IndexFixture fixture;
  const CatalogTree tree;
  tree.write("index.yaml", "---\nschema: olm.package\nname: p\ndefaultChannel: s\n");
  tree.write("rest.json", small_package("q"));
  const auto work = fixture.work();
  const auto output = fixture.directory() / "migrated";

  SECTION("one directory a package") {
    tree.write("index.yaml", small_package("p"));
    CHECK(fbc::migrate(directory(tree), output, {}, work) == std::vector<std::string>{"p", "q"});
    CHECK(fbc::validate(output).problems.empty());
    CHECK(rendered(fixture,
                   {catalog::Catalog{.kind = catalog::CatalogKind::file_based, .path = output}}) ==
          rendered(fixture, {directory(tree)}));
  }
  SECTION("unless it breaks rules") {
    CHECK_THROWS_AS(fbc::migrate(directory(tree), output, {}, work), fbc::RefusedCatalog);
  }
}

TEST_CASE("the name of opm tells the form of manifests", "[fbc][render]") {
  const auto [program, metadata] = GENERATE(table<const char*, bool>({{"opm", false},
                                                                      {"opm-v1.26.4", false},
                                                                      {"opm-v1.46.0", false},
                                                                      {"opm-v1.46.1", true},
                                                                      {"/opt/v2/opm-v1.48.0", true},
                                                                      {"opm-v1.100", false}}));
  CAPTURE(program);
  CHECK((fbc::migrate_level_of(program) == fbc::MigrateLevel::bundle_object_to_csv_metadata) ==
        metadata);
}

}  // namespace iib::test
