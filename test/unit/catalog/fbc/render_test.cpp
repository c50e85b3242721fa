#include "../index_fixture.hpp"
#include "catalog/fbc/render_bundle.hpp"
#include "catalog/fbc/writer.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc.hpp"
#include "iib/catalog/fbc_render.hpp"
#include "iib/catalog/problem.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <string>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

constexpr std::size_t kLimit = 1UL << 20U;

/// A bundle with something of everything (catalog-fbc 7, rows 29 to 33).
BundleFileTexts rich_bundle() {
  auto files = files_of("v1(1.0.0, alpha)");
  files["manifests/csv.yaml"] = R"(apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  name: v1
  annotations:
    olm.properties: '[{"type":"custom","value":{"z":1,"a":2}}]'
    b: "<b>"
    a: "1"
spec:
  version: 1.0.0
  displayName: V
  keywords: [k]
  unknown: dropped
  links: [{url: u, name: l}, {url: only}]
  maintainers: [{email: m@e, name: m}]
  provider: {name: p}
  minKubeVersion: 1.20.0
  nativeAPIs: [{kind: Pod, group: "", version: v1}]
  installModes: [{supported: true, type: OwnNamespace}, {type: AllNamespaces}]
  apiservicedefinitions:
    owned: [{name: things, group: g, version: v1, kind: Thing, containerPort: 443}]
  customresourcedefinitions:
    required:
    - name: others.h
      version: v2
      kind: Other
      specDescriptors: [{path: p, x-descriptors: [x], value: {b: 1, a: 2}}]
  relatedImages: [{name: zz, image: q/rel:1}, {name: opdup, image: q/op:1}]
  install:
    strategy: deployment
    spec:
      deployments:
      - spec:
          template:
            spec:
              containers: [{image: q/op:1, env: [{name: RELATED_IMAGE_X, value: q/env:1}]}]
              initContainers: [{image: q/init:1}]
)";
  files["manifests/z.yaml"] = "kind: ConfigMap\ndata: {k: '<x>&', n: 1.0, i: 010, y: yes}\n";
  files["metadata/dependencies.yaml"] =
      "dependencies:\n- {type: olm.package, value: {packageName: other, version: '>1.0'}}\n"
      "- {type: olm.gvk, value: {group: g2, kind: K2, version: v1}}\n";
  return files;
}

std::string rendered(fbc::MigrateLevel level) {
  IndexFixture fixture;
  const auto source = fixture.write(rich_bundle(), "e.com/b:1");
  return fbc::one_line(fbc::render_bundle(source, level, fixture.work().log));
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string catalog_of(const fs::path& directory, const std::string& package) {
  return read_file(directory / package / "catalog.json", kLimit);
}

}  // namespace

TEST_CASE("a bundle's images keep the names that its CSV gives them", "[fbc]") {
  const auto text = rendered(fbc::MigrateLevel::none);

  CHECK(holds(text, R"("relatedImages":[{"name":"","image":"e.com/b:1"},)"
                    R"({"name":"","image":"q/init:1"},{"name":"opdup","image":"q/op:1"},)"
                    R"({"name":"zz","image":"q/rel:1"}])"));
  CHECK_FALSE(holds(text, "q/env:1"));
}

TEST_CASE("a bundle's properties are sorted, and its objects come last", "[fbc]") {
  const auto text = rendered(fbc::MigrateLevel::none);

  CHECK(holds(
      text,
      R"("properties":[{"type":"custom","value":{"z":1,"a":2}},)"
      R"({"type":"olm.gvk","value":{"group":"g","kind":"Thing","version":"v1"}},)"
      R"({"type":"olm.gvk.required","value":{"group":"g2","kind":"K2","version":"v1"}},)"
      R"({"type":"olm.gvk.required","value":{"group":"h","kind":"Other","version":"v2"}},)"
      R"({"type":"olm.package","value":{"packageName":"pk","version":"1.0.0"}},)"
      R"({"type":"olm.package.required","value":{"packageName":"other","versionRange":">1.0"}},)"
      R"({"type":"olm.bundle.object","value":{"data":")"));
}

TEST_CASE("the metadata of a CSV has the reference's fields in its order", "[fbc]") {
  const auto text = rendered(fbc::MigrateLevel::bundle_object_to_csv_metadata);

  CHECK_FALSE(holds(text, "olm.bundle.object"));
  CHECK(holds(
      text,
      R"({"type":"olm.csv.metadata","value":{"annotations":{"a":"1","b":"<b>","olm.properties":)"
      R"("[{\"type\":\"custom\",\"value\":{\"z\":1,\"a\":2}}]"},"apiServiceDefinitions":)"
      R"({"owned":[{"name":"things","group":"g","version":"v1","kind":"Thing","containerPort":443}]},)"
      R"("crdDescriptions":{"required":[{"name":"others.h","version":"v2","kind":"Other",)"
      R"("specDescriptors":[{"path":"p","x-descriptors":["x"],"value":{"a":2,"b":1}}]}]},)"
      R"("displayName":"V","installModes":[{"type":"OwnNamespace","supported":true},)"
      R"({"type":"AllNamespaces","supported":false}],"keywords":["k"],)"
      R"("links":[{"name":"l","url":"u"},{"url":"only"}],)"
      R"("maintainers":[{"name":"m","email":"m@e"}],"minKubeVersion":"1.20.0",)"
      R"("nativeAPIs":[{"group":"","version":"v1","kind":"Pod"}],"provider":{"name":"p"}}})"));
}

TEST_CASE("a bundle that cannot be added cannot be rendered", "[fbc]") {
  IndexFixture fixture;
  auto files = rich_bundle();
  files.erase("manifests/csv.yaml");
  const auto source = fixture.write(files, "e.com/b:1");

  CHECK_THROWS_AS(fbc::render_bundle(source, fbc::MigrateLevel::none, fixture.work().log),
                  catalog::Refused);
}

TEST_CASE("a database becomes one file a package", "[fbc]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, alpha)"});
  fixture.add({"v2(2.0.0, alpha; replaces v1; skips v0)"});
  fixture.add({"w1(1.0.0, beta; package other)"});
  const auto output = fixture.directory() / "out" / "configs";

  const auto packages = fbc::migrate(fixture.index.value(), output, {}, fixture.work());

  CHECK(packages == std::vector<std::string>{"other", "pk"});
  const auto text = catalog_of(output, "pk");
  CHECK(
      text.starts_with("{\n    \"schema\": \"olm.package\",\n    \"name\": \"pk\",\n"
                       "    \"defaultChannel\": \"alpha\"\n}\n{\n"));
  CHECK(holds(text, "            \"name\": \"v2\",\n            \"replaces\": \"v1\""));
  CHECK(fbc::validate(output).problems.empty());
}

TEST_CASE("a migrated database may be written as YAML, and with metadata", "[fbc]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, alpha)"});
  const auto output = fixture.directory() / "out";

  static_cast<void>(fbc::migrate(
      fixture.index.value(), output,
      {.level = fbc::MigrateLevel::bundle_object_to_csv_metadata, .format = fbc::Format::yaml},
      fixture.work()));

  const auto text = read_file(output / "pk" / "catalog.yaml", kLimit);
  CHECK(text.starts_with("---\ndefaultChannel: alpha\nname: pk\nschema: olm.package\n---\n"));
  CHECK(holds(text, "olm.csv.metadata"));
  CHECK(fbc::validate(output).problems.empty());
}

TEST_CASE("deprecated bundles vanish, and what replaces them keeps the edge", "[fbc]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, alpha)"});
  fixture.add({"v2(2.0.0, alpha; replaces v1)"});
  const std::vector<std::string> deprecated{"reg/ns/v1:1"};
  fixture.index = fixture.engine.deprecate(fixture.index.value(), deprecated, {}, fixture.work());
  const auto output = fixture.directory() / "out";

  static_cast<void>(fbc::migrate(fixture.index.value(), output, {}, fixture.work()));

  const auto text = catalog_of(output, "pk");
  CHECK(holds(text, "\"replaces\": \"v1\""));
  CHECK_FALSE(holds(text, "\"name\": \"v1\""));
}

TEST_CASE("an empty index becomes an empty catalog", "[fbc]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, alpha)"});
  fixture.remove({"pk"});
  const auto output = fixture.directory() / "out";

  CHECK(fbc::migrate(fixture.index.value(), output, {}, fixture.work()).empty());
  CHECK(fs::is_empty(output));
}

TEST_CASE("a database that breaks the rules of catalogs is not migrated", "[fbc]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, alpha)"});
  const auto output = fixture.directory() / "out";
  const auto migrate = [&] {
    static_cast<void>(fbc::migrate(fixture.index.value(), output, {}, fixture.work()));
  };
  SECTION("no default channel") {
    change_database(fixture.index->path, "UPDATE package SET default_channel = 'nope'");
    CHECK_THROWS_WITH(migrate(), Catch::Contains("nope") && Catch::Contains("defaultChannel"));
  }
  SECTION("a version that is none") {
    change_database(fixture.index->path,
                    "PRAGMA foreign_keys = OFF; UPDATE operatorbundle SET version = 'x';"
                    "DELETE FROM properties");
    CHECK_THROWS_WITH(migrate(), Catch::Contains("semantic version"));
  }
  SECTION("a property that is no JSON") {
    change_database(fixture.index->path, "UPDATE properties SET value = '{'");
    CHECK_THROWS_WITH(migrate(), Catch::Contains("bundle v1 of package pk"));
  }
  SECTION("manifests that are no JSON") {
    change_database(fixture.index->path, "UPDATE operatorbundle SET bundle = '{\"a\":'");
    CHECK_THROWS_WITH(migrate(), Catch::Contains("bundle v1 of package pk"));
  }
  SECTION("a package whose name leads elsewhere") {
    change_database(fixture.index->path,
                    "PRAGMA foreign_keys = OFF; UPDATE package SET name = '../x';"
                    "UPDATE channel SET package_name = '../x';"
                    "UPDATE channel_entry SET package_name = '../x'");
    CHECK_THROWS_WITH(migrate(), Catch::Contains("that of a directory"));
    CHECK_FALSE(fs::exists(fixture.directory() / "x"));
  }
  SECTION("a directory that holds something") {
    fs::create_directories(output / "p");
    CHECK_THROWS_WITH(migrate(), Catch::Contains("not empty"));
  }
}

}  // namespace iib::test
