#include "regenerate_fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

using bundle::RefusalCode;
using Catch::Contains;

constexpr auto kPackageLabel = "operators.operatorframework.io.bundle.package.v1";

RegenerateFixture with_suffix(const std::string& suffix) {
  RegenerateFixture fixture;
  fixture.core({.csv_annotations = {}, .package_name_suffix = suffix, .registry_replacements = {}});
  return fixture;
}

}  // namespace

TEST_CASE("a package's name gets its suffix, and nothing else in the file changes", "[bundle]") {
  auto fixture = with_suffix("-cmp");

  const auto& result = fixture.run();

  CHECK(fixture.text("metadata/annotations.yaml") ==
        "# what the bundle is\n"
        "annotations:\n"
        "  operators.operatorframework.io.bundle.package.v1: otter-cmp  # the name\n"
        "  operators.operatorframework.io.bundle.channels.v1: stable\n");
  CHECK(result.labels == bundle::Labels{{kPackageLabel, "otter-cmp"}});
  CHECK(result.package_name == "otter-cmp");
  REQUIRE(result.changes.size() == 1);
  CHECK(result.changes[0].file == "metadata/annotations.yaml");
  CHECK(result.changes[0].old == R"("otter")");
  CHECK(result.changes[0].now == R"("otter-cmp")");
  CHECK_THAT(result.changes[0].why, Contains("-cmp"));
}

TEST_CASE("a package's name that has its suffix stays, without a label", "[bundle]") {
  auto fixture = with_suffix("er");

  const auto& result = fixture.run();

  CHECK(result.files.empty());
  CHECK(result.labels.empty());
  CHECK(result.package_name == "otter");
}

TEST_CASE("annotations.yaml must name the package", "[bundle]") {
  const auto [text, code, mention] = GENERATE(table<std::string, RefusalCode, std::string>({
      {"annotations: [", RefusalCode::annotations_invalid_yaml, "annotations.yaml"},
      {"a: 1\n---\nb: 2\n", RefusalCode::annotations_invalid_yaml, "more than one document"},
      {"a: 1\na: 2\n", RefusalCode::annotations_invalid_yaml, "line 2"},
      {"", RefusalCode::annotations_not_mapping, "annotations.yaml"},
      {"- a\n", RefusalCode::annotations_not_mapping, "annotations.yaml"},
      {"annotations: text\n", RefusalCode::annotations_not_mapping, "line 1"},
      {"annotations: !!int x\n", RefusalCode::annotations_not_mapping, "line 1"},
      {"other: 1\n", RefusalCode::package_name_missing, kPackageLabel},
      {"annotations:\n", RefusalCode::package_name_missing, kPackageLabel},
      {"annotations: {}\n", RefusalCode::package_name_missing, kPackageLabel},
      {"annotations: {operators.operatorframework.io.bundle.package.v1: ''}\n",
       RefusalCode::package_name_missing, kPackageLabel},
      {"annotations: {operators.operatorframework.io.bundle.package.v1: null}\n",
       RefusalCode::package_name_missing, kPackageLabel},
      {"annotations: {operators.operatorframework.io.bundle.package.v1: 12}\n",
       RefusalCode::package_name_not_string, kPackageLabel},
      {"annotations: {operators.operatorframework.io.bundle.package.v1: [a]}\n",
       RefusalCode::package_name_not_string, kPackageLabel},
  }));
  CAPTURE(text);
  RegenerateFixture fixture;
  fixture.files.annotations = text;

  const auto refusal = fixture.refusal();

  CHECK(refusal.code() == code);
  CHECK(refusal.file() == "metadata/annotations.yaml");
  CHECK_THAT(refusal.what(), Contains(mention));
}

TEST_CASE("a bundle without annotations.yaml is refused", "[bundle]") {
  RegenerateFixture fixture;
  fixture.files.annotations.reset();

  const auto refusal = fixture.refusal();

  CHECK(refusal.code() == RefusalCode::annotations_yaml_missing);
  CHECK_THAT(refusal.what(), Contains("annotations.yaml"));
}

}  // namespace iib::test
