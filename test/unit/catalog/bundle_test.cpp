#include "catalog/bundle_reader.hpp"
#include "index_fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::catalog {
namespace {

using test::BundleFileTexts;
using test::files_of;
using test::IndexFixture;

constexpr auto kFooCrd = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.g.io}
spec:
  group: g.io
  names: {kind: Foo, plural: foos}
  versions: [{name: v1}, {name: v2, served: false}]
)";

Bundle read(IndexFixture& fixture, const BundleFileTexts& files) {
  const auto source = fixture.write(files, "reg/ns/b:1");
  return read_bundle(source, fixture.work().log);
}

/// One line per entry: type and value.
std::string lines_of(const std::vector<TypedValue>& list) {
  std::string text;
  for (const auto& item : list) text += item.type + " " + item.value.value_or("(none)") + "\n";
  return text;
}

/// What the refusal of a bundle made of `files` says.
std::string refusal_of(IndexFixture& fixture, const BundleFileTexts& files) {
  try {
    static_cast<void>(read(fixture, files));
  } catch (const Refused& refused) {
    return refused.what();
  }
  return "accepted";
}

/// The bundle v1 with one file more, or one replaced.
BundleFileTexts with(const std::string& path, const std::string& text) {
  auto files = files_of("v1(1.0.0)");
  files[path] = text;
  return files;
}

std::string object(const std::string& name) {
  return "{\"kind\": \"X\", \"n\": \"" + name + "\"}";
}

std::string csv(const std::string& metadata, const std::string& spec) {
  return "kind: ClusterServiceVersion\nmetadata: {name: v1" + metadata +
         "}\nspec: {version: 1.0.0" + spec + "}\n";
}

}  // namespace

TEST_CASE("manifests are taken bytewise by name, hidden ones and directories left out",
          "[catalog]") {
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");
  for (const auto* name : {"z", "B", "a-", ".hidden", "\xc3\xa9", "0"}) {
    files[std::string{"manifests/"} + name] = object(name);
  }
  files["manifests/sub/b.yaml"] = object("sub");

  const auto objects = read(fixture, files).objects;

  CHECK(
      objects.starts_with("{\"kind\":\"X\",\"n\":\"0\"}\n{\"kind\":\"X\",\"n\":\"B\"}\n"
                          "{\"kind\":\"X\",\"n\":\"a-\"}\n{\"apiVersion\""));
  CHECK(objects.ends_with("\n{\"kind\":\"X\",\"n\":\"z\"}\n{\"kind\":\"X\",\"n\":\"\xc3\xa9\"}\n"));
  CHECK(objects.find("hidden") == std::string::npos);
  CHECK(objects.find("sub") == std::string::npos);
}

TEST_CASE("a manifest that does not parse is left out with a warning", "[catalog]") {
  const auto [text, reason] = GENERATE(table<std::string, std::string>({
      {"foo: [", "line"},
      {"- a", "no object with a kind"},
      {"kind: ''", "no object with a kind"},
      {"kind: 1", "no object with a kind"},
      {"# licence\n---\nkind: X", "its first document is empty"},
      {csv("", ""), "an earlier file has the ClusterServiceVersion"},
  }));
  CAPTURE(text);
  IndexFixture fixture;

  const auto bundle = read(fixture, with("manifests/zz.yaml", text));

  CHECK(bundle.name == "v1");
  CHECK(bundle.objects == bundle.csv);
  CHECK(fixture.log().find("manifests/zz.yaml") != std::string::npos);
  CHECK(fixture.log().find(reason) != std::string::npos);
  CHECK(fixture.log().find("reg/ns/b:1") != std::string::npos);
}

TEST_CASE("an unusable bundle is refused with its pull specification and the cause", "[catalog]") {
  const auto [name, path, text,
              cause] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"broken CSV", "manifests/csv.yaml", "kind: [", "csv.yaml was left out"},
      {"only others", "manifests/csv.yaml", "kind: Service", "no ClusterServiceVersion"},
      {"broken annotations", "metadata/annotations.yaml", "annotations: [", "annotations.yaml"},
      {"no annotations", "metadata/annotations.yaml", "annotations: {}", "has the annotations"},
      {"wrong annotations", "metadata/annotations.yaml", "annotations: [1]", "must be a mapping"},
      {"no name", "manifests/csv.yaml", "kind: ClusterServiceVersion\nspec: {}", "metadata.name"},
      {"no spec", "manifests/csv.yaml", "kind: ClusterServiceVersion\nmetadata: {name: v1}",
       "spec of"},
      {"boolean annotation", "manifests/csv.yaml", csv(", annotations: {certified: true}", ""),
       "metadata.annotations.certified must be a string"},
      {"number as label", "manifests/csv.yaml", csv(", labels: {a: 1}", ""),
       "metadata.labels.a must be a string"},
      {"odd time", "manifests/csv.yaml", csv(", creationTimestamp: today", ""), "RFC 3339"},
      {"number as version", "manifests/csv.yaml",
       "kind: ClusterServiceVersion\nmetadata: {name: v1}\nspec: {version: 1.5}",
       "spec.version must be a string"},
      {"text as skips", "manifests/csv.yaml", csv("", ", skips: v0"), "spec.skips must be a list"},
      {"owned is not there", "manifests/csv.yaml",
       csv("", ", customresourcedefinitions: {owned: [{name: foos.g.io, version: v2, kind: Foo}]}"),
       "g.io/v2/Foo (foos)"},
      {"owned without dot", "manifests/csv.yaml",
       csv("", ", customresourcedefinitions: {owned: [{name: foos}]}"), "plural.group"},
      {"foreign CRD", "manifests/x.yaml", "kind: CustomResourceDefinition\napiVersion: a/v1",
       "apiextensions.k8s.io/v1"},
      {"properties annotation", "manifests/csv.yaml",
       csv(", annotations: {olm.properties: '{}'}", ""), "must be a JSON list"},
      {"property of a wrong shape", "manifests/csv.yaml",
       csv(", annotations: {olm.properties: '[{\"type\":\"olm.gvk\",\"value\":\"x\"}]'}", ""),
       "olm.gvk must be a mapping"},
      {"no channel", "metadata/annotations.yaml",
       "annotations: {operators.operatorframework.io.bundle.package.v1: pk}", "no channel"},
      {"empty package", "metadata/annotations.yaml",
       "annotations: {operators.operatorframework.io.bundle.channels.v1: a}", "empty package name"},
      {"blank at a channel", "metadata/annotations.yaml",
       "annotations:\n  operators.operatorframework.io.bundle.package.v1: pk\n"
       "  operators.operatorframework.io.bundle.channels.v1: 'a, b'\n",
       "the channel \" b\""},
      {"comma at the end", "metadata/annotations.yaml",
       "annotations:\n  operators.operatorframework.io.bundle.package.v1: pk\n"
       "  operators.operatorframework.io.bundle.channels.v1: 'a,'\n",
       "empty channel name"},
  }));
  CAPTURE(name);
  IndexFixture fixture;

  const auto reason = refusal_of(fixture, with(path, text));

  CHECK(reason.find(cause) != std::string::npos);
  CHECK(reason.find("reg/ns/b:1") != std::string::npos);
}

TEST_CASE("a bundle lacks one of its directories", "[catalog]") {
  IndexFixture fixture;
  const auto missing = GENERATE(as<std::string>{}, "manifests", "metadata");
  auto files = files_of("v1(1.0.0)");
  std::erase_if(files, [&](const auto& file) { return file.first.starts_with(missing); });

  CHECK(refusal_of(fixture, files).find("no directory " + missing) != std::string::npos);
}

TEST_CASE("all faults of a bundle are named at once", "[catalog]") {
  IndexFixture fixture;
  const auto reason =
      refusal_of(fixture, {{"manifests/a.yaml", csv("", ", skips: x")}, {"metadata/a", "{}"}});

  CHECK(reason.find("spec.skips") != std::string::npos);
  CHECK(reason.find("annotations") != std::string::npos);
}

TEST_CASE("a link that leads out of the bundle is refused", "[catalog]") {
  IndexFixture fixture;
  const auto source = fixture.write(files_of("v1(1.0.0)"), "reg/ns/b:1");
  std::filesystem::create_symlink("/etc/passwd", source.directory / "manifests" / "x.yaml");

  CHECK_THROWS_WITH(read_bundle(source, fixture.work().log), Catch::Contains("out of the bundle"));
}

TEST_CASE("a manifest beyond every honest size is left out", "[catalog]") {
  IndexFixture fixture;
  const auto huge = "kind: X\ntext: " + std::string(7UL << 20U, 'x');

  const auto bundle = read(fixture, with("manifests/x.yaml", huge));

  CHECK(bundle.objects == bundle.csv);
  CHECK(fixture.log().find("manifests/x.yaml is left out: it is larger than 6 MiB") !=
        std::string::npos);

  SECTION("and the bundle refused when it was the ClusterServiceVersion") {
    const auto reason = refusal_of(fixture, with("manifests/csv.yaml", huge));
    CHECK(reason.find("csv.yaml was left out: it is larger than") != std::string::npos);
  }
}

TEST_CASE("numbers in annotations become text in YAML files only", "[catalog]") {
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");
  files["metadata/annotations.yaml"] =
      "annotations:\n  operators.operatorframework.io.bundle.package.v1: 12\n"
      "  operators.operatorframework.io.bundle.channels.v1: 4.10\n";
  files["metadata/aaa.json"] =
      R"({"annotations": {"operators.operatorframework.io.bundle.package.v1": 13}})";

  const auto bundle = read(fixture, files);

  CHECK(bundle.package == "12");
  CHECK(bundle.channels == std::vector<std::string>{"4.1"});
}

TEST_CASE("the first metadata file with annotations wins, whatever its name", "[catalog]") {
  IndexFixture fixture;

  const auto bundle =
      read(fixture, with("metadata/.aaa",
                         "Annotations:\n  operators.operatorframework.io.bundle.package.v1: first\n"
                         "  operators.operatorframework.io.bundle.channels.v1: a,b,a\n"));

  CHECK(bundle.package == "first");
  CHECK(bundle.channels == std::vector<std::string>{"a", "b"});
}

TEST_CASE("all versions of a CRD are provided APIs", "[catalog]") {
  IndexFixture fixture;
  auto files = with("manifests/crd.yaml", kFooCrd);
  files["manifests/csv.yaml"] =
      csv("",
          ", customresourcedefinitions: {Owned: [{name: foos.g.io, version: v1, kind: Foo}],"
          " required: [{name: bars.h.io, version: v3, kind: Bar}]},"
          " apiservicedefinitions: {owned: [{name: as, group: s.io, version: v1, kind: A}]}");

  const auto bundle = read(fixture, files);

  CHECK(bundle.provided == std::vector<Api>{{"g.io", "v1", "Foo", "foos"},
                                            {"g.io", "v2", "Foo", "foos"},
                                            {"s.io", "v1", "A", "as"}});
  CHECK(bundle.required == std::vector<Api>{{"h.io", "v3", "Bar", "bars"}});
  CHECK(bundle.dependencies ==
        std::vector<TypedValue>{{"olm.gvk", R"({"group":"h.io","kind":"Bar","version":"v3"})"}});
}

TEST_CASE("dependencies keep the text of JSON files and are re-encoded from YAML", "[catalog]") {
  IndexFixture fixture;

  SECTION("YAML") {
    const auto bundle =
        read(fixture, with("metadata/dependencies.yaml",
                           "dependencies:\n- type: olm.package\n"
                           "  value: {version: '>=1.0.0 <2.0.0', packageName: foo}\n"
                           "- {type: a, value: null}\n- {type: b}\n"));
    CHECK(bundle.dependencies ==
          std::vector<TypedValue>{
              {"olm.package", R"({"packageName":"foo","version":"\u003e=1.0.0 \u003c2.0.0"})"},
              {"a", "null"},
              {"b", std::nullopt}});
  }
  SECTION("JSON") {
    const auto bundle = read(fixture, with("metadata/dependencies.json",
                                           "{\"dependencies\": [{\"type\": \"olm.package\", "
                                           "\"value\": { \"version\": \"<1.0.0\",\n"
                                           "\"packageName\": \"foo\" }}, {\"type\": \"b\"}]}"));
    CHECK(bundle.dependencies ==
          std::vector<TypedValue>{
              {"olm.package", "{ \"version\": \"<1.0.0\",\n\"packageName\": \"foo\" }"},
              {"b", std::nullopt}});
  }
}

TEST_CASE("properties come from file, annotation, package and APIs, each once", "[catalog]") {
  IndexFixture fixture;
  auto files =
      with("metadata/properties.yaml", "properties:\n- {type: t, value: 4.10}\n- {type: m}\n");
  files["manifests/csv.yaml"] = csv(
      ", annotations: {olm.properties: '[{\"type\":\"x\",\"value\":{\"z\": 2.50, \"a\":\"<&>\"}},"
      "{\"type\":\"t\",\"value\":4.1}]'}",
      "");
  files["manifests/crd.yaml"] = kFooCrd;

  const auto bundle = read(fixture, files);

  CHECK(lines_of(bundle.properties) ==
        "m null\n"
        "olm.gvk {\"group\":\"g.io\",\"kind\":\"Foo\",\"version\":\"v1\"}\n"
        "olm.gvk {\"group\":\"g.io\",\"kind\":\"Foo\",\"version\":\"v2\"}\n"
        "olm.package {\"packageName\":\"pk\",\"version\":\"1.0.0\"}\n"
        "t 4.1\n"
        "x {\"z\":2.50,\"a\":\"\\u003c\\u0026\\u003e\"}\n");
}

TEST_CASE("related images are the bundle, its containers and the listed ones", "[catalog]") {
  IndexFixture fixture;
  auto files = files_of("v1(1.0.0)");
  files["manifests/csv.yaml"] =
      csv("",
          ", install: {strategy: deployment, spec: {deployments: [{spec: {template: {spec: {"
          "containers: [{image: a}, {name: none}], initContainers: [{image: i}]}}}}]}},"
          " relatedImages: [{image: r}, {image: a}]");

  CHECK(read(fixture, files).related_images ==
        std::vector<std::string>{"", "a", "i", "r", "reg/ns/b:1"});
}

}  // namespace iib::catalog
