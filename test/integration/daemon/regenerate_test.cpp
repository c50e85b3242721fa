#include "regeneration.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

namespace iib::test {
namespace {

constexpr auto kPackageLabel = "operators.operatorframework.io.bundle.package.v1";
constexpr auto kPinnedLabel = "com.redhat.iib.pinned";

/// `text` with each of `changes` made in it, which must be there.
std::string changed(std::string text,
                    const std::vector<std::pair<std::string, std::string>>& changes) {
  for (const auto& [old, now] : changes) {
    const auto at = text.find(old);
    if (at == std::string::npos) throw std::runtime_error{"there is no " + old};
    text.replace(at, old.size(), now);
  }
  return text;
}

io::JsonDocument regenerate(const Daemon& daemon, const std::string& from_bundle_image,
                            const std::string& more = {}) {
  return build(daemon, "regenerate-bundle", regenerate_body(from_bundle_image, more));
}

}  // namespace

TEST_CASE("a bundle for two architectures is pinned, moved, renamed and annotated",
          "[regenerate]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto first = push_operand(site, "wetland/heron");
  const auto second = push_operand(site, "wetland/perch");
  const auto csv = heron_csv({site.pull_spec("wetland/heron:v1"),
                              fmt::format("'{}'  # quoted", site.pull_spec("wetland/perch:v1"))});
  std::vector<std::pair<std::string, std::string>> images;
  for (const std::string architecture : {"s390x", "amd64"}) {
    images.emplace_back(architecture, site.registry().push("bundles/heron", architecture,
                                                           heron_bundle(csv, architecture)));
  }
  const auto list = site.registry().push_list("bundles/heron", "v1", images);
  Daemon daemon{site.state(),
                site.configuration(fmt::format("iib_index_image_output_registry: r.example.com\n"
                                               "iib_organization_customizations:\n"
                                               "  acme:\n"
                                               "    csv_annotations:\n"
                                               "      acme/support: 'https://a/{{package_name}}'\n"
                                               "    package_name_suffix: -acme\n"
                                               "    registry_replacements:\n"
                                               "      '{}': registry.acme.example.com\n",
                                               site.registry().address()))};
  daemon.start();

  const auto document =
      regenerate(daemon, site.pull_spec("bundles/heron:v1"), R"(,"organization":"acme")");

  INFO(io::to_json(document) << daemon.log());
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(text_of(document, "bundle_image") == "r.example.com/iib-build:1");
  CHECK(text_of(document, "from_bundle_image_resolved") == site.pull_spec("bundles/heron@" + list));
  CHECK(texts_of(document, "arches") == std::vector<std::string>{"amd64", "s390x"});
  const auto history = history_of(document);
  REQUIRE(history.size() == 5);
  CHECK(history[1] == "Resolving the bundle image");
  CHECK(history[2] == "Regenerating the bundle image for the architectures: amd64, s390x");
  CHECK(history[3] == "Creating the manifest list");

  const auto heron = "registry.acme.example.com/wetland/heron@" + first;
  const auto perch = "registry.acme.example.com/wetland/perch@" + second;
  const auto expected_csv = changed(
      csv,
      {{site.pull_spec("wetland/heron:v1"), heron},
       {site.pull_spec("wetland/perch:v1"), perch},
       {"spec:\n  displayName", "    acme/support: https://a/heron-acme\nspec:\n  displayName"}});
  const auto result = read_index(site.registry(), site.pull_spec("iib-build:1"));
  CHECK(result.architectures() == std::vector<std::string>{"amd64", "s390x"});
  for (const auto& image : result.images) {
    const auto contents = contents_of(site.registry(), result, image);
    CHECK(text_of(image.config, "architecture") == image.architecture);
    CHECK(contents.files.at(kHeronCsv) == fmt::format("{}  relatedImages:\n"
                                                      "    - name: c1\n"
                                                      "      image: {}\n"
                                                      "    - name: c2\n"
                                                      "      image: {}\n",
                                                      expected_csv, heron, perch));
    CHECK_THAT(contents.files.at(kAnnotationsFile),
               Catch::Contains("bundle.package.v1: heron-acme  # ours"));
    CHECK(contents.files.at("manifests/notes.txt") == "not: [yaml\n");
    CHECK(contents.files.at("tests/scorecard/config.yaml") == "stays: true\n");
    CHECK(contents.labels.at(kPackageLabel) == "heron-acme");
    CHECK_FALSE(contents.labels.contains(kPinnedLabel));
    CHECK(image.layers.size() == 2);  // that of the old bundle, and ours
  }
  CHECK(result.images[0].layers == result.images[1].layers);
}

TEST_CASE("an organization's list is worked off in its order, and its related bundles are kept",
          "[regenerate]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto operand = push_operand(site, "wetland/heron", {{"name", "ns/renamed"}});
  const auto related =
      push_operand(site, "wetland/related",
                   {{"name", "ns/other"}, {"com.redhat.delivery.operator.bundle", "true"}});
  const auto csv =
      heron_csv({site.pull_spec("wetland/heron:v1"), site.pull_spec("wetland/related:v1")});
  const auto bundle = site.push_image("heron", heron_bundle(csv));
  Daemon daemon{site.state(), site.configuration("iib_organization_customizations:\n"
                                                 "  acme:\n"
                                                 "    - {type: resolve_image_pullspecs}\n"
                                                 "    - {type: related_bundles}\n"
                                                 "    - {type: perform_bundle_replacements}\n"
                                                 "    - {type: image_name_from_labels, template: "
                                                 "'{name}'}\n")};
  daemon.start();
  const auto replaced = site.pull_spec("wetland/related@" + related);
  const auto substitute = push_operand(site, "wetland/substitute", {{"name", "ns/substitute"}});
  const auto now = site.pull_spec("wetland/substitute@" + substitute);

  const auto document = regenerate(
      daemon, bundle,
      fmt::format(R"(,"organization":"acme","bundle_replacements":{{"{}":"{}"}})", replaced, now));

  INFO(io::to_json(document) << daemon.log());
  REQUIRE(text_of(document, "state") == "complete");
  const auto contents = contents_of(site.registry(), text_of(document, "bundle_image"));
  CHECK_THAT(contents.files.at(kHeronCsv),
             Catch::Contains(site.pull_spec("ns/renamed@" + operand)) &&
                 Catch::Contains(site.pull_spec("ns/substitute@" + substitute)));
  CHECK(contents.labels.at(kPinnedLabel) == "true");
  CHECK(contents.labels.at(kPackageLabel) == "heron");
  const auto list = daemon.get("/api/v1/builds/1/related_bundles");
  CHECK(list.status == 200);
  CHECK(list.json.Size() == 1);
  CHECK(list.json[0].GetString() == replaced);
}

TEST_CASE("a bundle in which nothing is to be changed comes out byte for byte the same",
          "[regenerate]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto digest = push_operand(site, "wetland/heron");
  const auto rules = GENERATE(as<std::string>{}, "later", "core");
  auto csv = heron_csv({site.pull_spec("wetland/heron@" + digest)});
  csv += "  keywords: [ 'a',\"b\" ]\t\r\n  maturity: alpha   \n  # the end, without a line end";
  if (rules == "core") {
    csv = changed(csv, {{"  displayName", fmt::format("  relatedImages: [{{name: c1, image: {}}}]\n"
                                                      "  displayName",
                                                      site.pull_spec("wetland/heron@" + digest))}});
  }
  auto bundle = heron_bundle(csv);
  const auto before = bundle.layers.front();
  const auto pull_spec = site.push_image("heron", bundle);
  Daemon daemon{site.state(), site.configuration("iib_regenerate_rules: " + rules + "\n")};
  daemon.start();

  const auto document = regenerate(daemon, pull_spec);

  INFO(io::to_json(document) << daemon.log());
  REQUIRE(text_of(document, "state") == "complete");
  const auto contents = contents_of(site.registry(), text_of(document, "bundle_image"));
  for (const auto& entry : before) {
    if (entry.type != TarEntry::Type::file) continue;
    CAPTURE(entry.path);
    CHECK(contents.files.at(entry.path) == entry.content);
  }
  CHECK_FALSE(contents.labels.contains(kPinnedLabel));
}

TEST_CASE("a single image that has its directories elsewhere becomes a list of one",
          "[regenerate]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto digest = push_operand(site, "wetland/heron");
  auto bundle = heron_bundle(heron_csv({site.pull_spec("wetland/heron:v1")}), "s390x");
  for (auto& entry : bundle.layers.front()) {
    if (entry.path.starts_with("manifests") || entry.path.starts_with("metadata")) {
      entry.path = "deploy/" + entry.path;
    }
  }
  bundle.labels["operators.operatorframework.io.bundle.manifests.v1"] = "deploy/manifests/";
  bundle.labels["operators.operatorframework.io.bundle.metadata.v1"] = "/deploy/metadata";
  const auto pull_spec = site.push_image("heron", bundle);
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();

  const auto document = regenerate(daemon, pull_spec);

  INFO(io::to_json(document) << daemon.log());
  REQUIRE(text_of(document, "state") == "complete");
  const auto result = read_index(site.registry(), text_of(document, "bundle_image"));
  CHECK(result.architectures() == std::vector<std::string>{"s390x"});
  CHECK_THAT(contents_of(site.registry(), result, result.images.front())
                 .files.at(std::string{"deploy/"} + kHeronCsv),
             Catch::Contains(site.pull_spec("wetland/heron@" + digest)));
}

TEST_CASE("an organization that is not configured regenerates without customizations",
          "[regenerate]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  const auto digest = push_operand(site, "wetland/heron");
  const auto pull_spec =
      site.push_image("heron", heron_bundle(heron_csv({site.pull_spec("wetland/heron:v1")})));
  Daemon daemon{site.state(),
                site.configuration(
                    "iib_organization_customizations: {acme: {package_name_suffix: -acme}}\n")};
  daemon.start();

  const auto document = regenerate(daemon, pull_spec, R"(,"organization":"ghost")");

  REQUIRE(text_of(document, "state") == "complete");
  const auto contents = contents_of(site.registry(), text_of(document, "bundle_image"));
  CHECK_THAT(contents.files.at(kHeronCsv), Catch::Contains("heron@" + digest));
  CHECK(contents.labels.at(kPackageLabel) == "heron");
  CHECK_THAT(daemon.get("/api/v1/builds/1/logs").body,
             Catch::Contains("has no organization 'ghost'"));
}

}  // namespace iib::test
