#include "iib/catalog/max_ocp_version.hpp"

#include "index_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

using Catch::Matchers::Contains;

constexpr auto kProperties =
    "SELECT operatorbundle_name, operatorbundle_version, operatorbundle_path, typeof(value), value "
    "FROM properties WHERE type = 'olm.maxOpenShiftVersion' ORDER BY 1";

/// A bundle with one more manifest.
BundleFileTexts with_object(const std::string& notation, const std::string& api_version,
                            const std::string& kind) {
  auto files = files_of(notation);
  files["manifests/object.yaml"] =
      fmt::format("apiVersion: {}\nkind: {}\nmetadata: {{name: x}}\n", api_version, kind);
  return files;
}

/// Adds the bundle and declares its highest version.
void add_and_declare(IndexFixture& fixture, const BundleFileTexts& files) {
  const std::vector bundles{fixture.write(files, "reg/ns/b:1")};
  fixture.index = fixture.engine.add(fixture.index, bundles, {}, fixture.work());
  fixture.index = catalog::declare_max_ocp_version(*fixture.index, bundles, fixture.work());
}

}  // namespace

TEST_CASE("a bundle with an object of a removed API gets the property, as a bare number",
          "[catalog]") {
  const auto [version, kind] = GENERATE(table<std::string, std::string>({
      {"apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"},
      {"rbac.authorization.k8s.io/v1beta1", "ClusterRole"},
      {"extensions/v1beta1", "Ingress"},
      {"storage.k8s.io/v1beta1", "StorageClass"},
      {"admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration"},
  }));
  CAPTURE(version, kind);
  IndexFixture fixture;
  add_and_declare(fixture, with_object("v1(1.0.0)", version, kind));
  CHECK(fixture.query(kProperties) == "v1|1.0.0|reg/ns/b:1|text|4.8");
  CHECK_THAT(fixture.log(), Contains("v1") && Contains(kind + " of " + version) &&
                                Contains("manifests/object.yaml"));
}

TEST_CASE("a bundle without such objects stays as it is", "[catalog]") {
  const auto [version, kind] = GENERATE(table<std::string, std::string>({
      {"apiextensions.k8s.io/v1", "CustomResourceDefinition"},
      {"storage.k8s.io/v1beta1", "CSIStorageCapacity"},  // served until 1.27
      {"policy/v1beta1", "PodDisruptionBudget"},         // until 1.25
      {"v1", "Service"},
  }));
  CAPTURE(version, kind);
  IndexFixture fixture;
  add_and_declare(fixture, with_object("v1(1.0.0)", version, kind));
  CHECK(fixture.query(kProperties).empty());
}

TEST_CASE("a bundle that tells its highest version keeps that", "[catalog]") {
  IndexFixture fixture;
  auto files = with_object("v1(1.0.0)", "extensions/v1beta1", "Ingress");
  files["metadata/properties.yaml"] =
      "properties: [{type: olm.maxOpenShiftVersion, value: \"4.7\"}]";
  add_and_declare(fixture, files);
  CHECK(fixture.query(kProperties) == "v1|1.0.0|reg/ns/b:1|text|\"4.7\"");
}

TEST_CASE("only the bundles that are named and in the index get the property, once", "[catalog]") {
  IndexFixture fixture;
  const auto old = with_object("v1(1.0.0)", "extensions/v1beta1", "Ingress");
  fixture.add_files(old, "reg/ns/old:1");
  const auto next = with_object("v2(2.0.0; replaces v1)", "extensions/v1beta1", "Ingress");
  const std::vector bundles{fixture.write(next, "reg/ns/b:2")};
  const std::vector elsewhere{fixture.write(next, "reg/ns/elsewhere:1")};
  fixture.index = fixture.engine.add(fixture.index, bundles, {}, fixture.work());

  fixture.index = catalog::declare_max_ocp_version(*fixture.index, elsewhere, fixture.work());
  CHECK(fixture.query(kProperties).empty());
  for (int time = 0; time < 2; ++time) {
    fixture.index = catalog::declare_max_ocp_version(*fixture.index, bundles, fixture.work());
    CHECK(fixture.query(kProperties) == "v2|2.0.0|reg/ns/b:2|text|4.8");
  }
}

TEST_CASE("a manifest that is no object does not hide those behind it", "[catalog]") {
  IndexFixture fixture;
  auto files = with_object("v1()", "extensions/v1beta1", "Ingress");
  files["manifests/a.txt"] = "no: [yaml";
  add_and_declare(fixture, files);
  CHECK(fixture.query(kProperties) == "v1|null|reg/ns/b:1|text|4.8");
}

}  // namespace iib::test
