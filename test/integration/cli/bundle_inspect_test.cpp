#include "bundle_site.hpp"
#include "iib/io/json.hpp"

#include <catch2/catch.hpp>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

TEST_CASE("inspect shows what a bundle is and touches nothing", "[cli]") {
  BundleSite site;
  const auto before = site.files();

  const auto ended = site.run({"inspect", "bundle"});

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  CHECK_THAT(ended.output,
             Contains("package   widget\n") && Contains("channels  stable (default), fast\n") &&
                 Contains("widget.v1.0.0  1.0.0") &&
                 Contains("acme.example.com/v1       Widget  provided  widget.v1.0.0\n") &&
                 Contains("acme.example.com/v1beta1  Gear    required  widget.v1.0.0\n") &&
                 Contains("quay.io/acme/db:2") && Contains("RELATED_IMAGE_DB var") &&
                 Contains("/metadata/annotations/description") &&
                 Contains("nothing would be refused"));
  CHECK(site.files() == before);
}

TEST_CASE("inspect tells scripts the same", "[cli]") {
  BundleSite site;

  const auto ended = site.run({"inspect", "bundle", "--format", "json"});

  REQUIRE(ended.status == 0);
  const auto answer = ended.json();
  CHECK(answer["package"] == "widget");
  CHECK(iib::io::to_json(answer["channels"]) == R"(["stable","fast"])");
  CHECK(answer["default_channel"] == "stable");
  CHECK(iib::io::to_json(answer["versions"][0]["provides"]) ==
        R"([{"group":"acme.example.com","version":"v1","kind":"Widget"}])");
  CHECK(iib::io::to_json(answer["versions"][0]["requires"]) ==
        R"([{"group":"acme.example.com","version":"v1beta1","kind":"Gear"}])");
  CHECK(iib::io::to_json(answer["images"][0]) ==
        R"({"file":"widget.clusterserviceversion.yaml","origin":"container manager",)"
        R"("name":"manager","image":"quay.io/acme/widget:1","path":)"
        R"("/spec/install/spec/deployments/0/spec/template/spec/containers/0/image"})");
  CHECK(answer["problems"].Empty());
}

TEST_CASE("inspect shows everything that would be refused, and all the rest", "[cli]") {
  BundleSite site;
  site.write("bundle/manifests/broken.yaml", "a: [\n");
  site.write(kAnnotations, with(site.text_of(kAnnotations), "bundle.package.v1", "bundle.pack.v1"));
  site.write(kCsv, with(site.text_of(kCsv), R"(value: "quay.io/acme/db:2")", "valueFrom: {}"));

  const auto json = site.run({"inspect", "bundle", "--format", "json"});
  const auto text = site.run({"inspect", "bundle"});

  CHECK(json.status == 0);
  const auto answer = json.json();
  std::vector<std::string> codes;
  for (const auto& problem : answer["problems"].GetArray()) {
    codes.emplace_back(problem["code"].GetString());
  }
  CHECK_THAT(codes, Catch::Matchers::UnorderedEquals(std::vector<std::string>{
                        "package_name_missing", "invalid_yaml", "related_image_env_value_from"}));
  CHECK(answer["images"].Size() == 2);
  CHECK(answer["channels"].Size() == 2);
  CHECK(text.status == 0);
  CHECK_THAT(text.output, Contains("would be refused:\n") && Contains("broken.yaml"));
}

TEST_CASE("inspect takes a misspelt path for no image", "[cli]") {
  BundleSite site;
  const std::string path = GENERATE("bundel", "./bundel", "../bundel", "/bundel", "bundel/");

  const auto ended = site.run({"inspect", path});

  CHECK(ended.status == 1);
  CHECK(ended.output.empty());
  CHECK_THAT(ended.errors, Contains(path + " does not exist: name a directory"));
}

TEST_CASE("names of a bundle cannot steer the terminal", "[cli]") {
  BundleSite site;
  site.write(kAnnotations, with(site.text_of(kAnnotations), "widget  #", "\"wid\\e[2Jget\"  #"));
  site.write(kCsv, with(site.text_of(kCsv), "quay.io/acme/widget:1", "\"quay.io/acme/\\e[2J:1\""));

  CHECK_THAT(site.run({"inspect", "bundle"}).output, !Contains("\x1b"));
  const auto ended = site.regenerate();
  CHECK_THAT(ended.output + ended.errors, !Contains("\x1b"));
}
