#include "bundle_site.hpp"
#include "iib/io/json.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

namespace {

namespace io = iib::io;

using Names = std::vector<std::string>;

constexpr auto kCoreConfig = R"(
iib_organization_customizations:
  acme:
    csv_annotations:
      market.example.com/support: 'https://market.example.com/{package_name}'
    package_name_suffix: -acme
    registry_replacements:
      quay.io: registry.acme.example.com
)";

constexpr auto kLaterConfig = R"(
iib_organization_customizations:
  acme:
    - {type: resolve_image_pullspecs}
    - {type: related_bundles}
    - {type: perform_bundle_replacements}
)";

Names texts(const io::JsonValue& list) {
  Names all;
  for (const auto& element : list.GetArray()) all.emplace_back(element.GetString());
  return all;
}

std::string pinned(const std::string& name, char tag) {
  return fmt::format("quay.io/acme/{}@{}", name, digest_of(tag));
}

/// The CSV file as it should be with its images pinned.
std::string pinned_csv(const std::string& before) {
  auto now = with(before, "quay.io/acme/helper:3", pinned("helper", '3'));
  now = with(now, "quay.io/acme/widget:1", pinned("widget", '1'));
  now = with(now, "quay.io/acme/db:2", pinned("db", '2'));
  const auto related = [](const std::string& name, const std::string& image) {
    return fmt::format("    - name: {}\n      image: {}\n", name, image);
  };
  return now + "  relatedImages:\n" + related("manager", pinned("widget", '1')) +
         related("db", pinned("db", '2')) +
         related(fmt::format("helper-{}-annotation", std::string(64, '3')), pinned("helper", '3'));
}

}  // namespace

TEST_CASE("regenerate pins a bundle in place and changes nothing else", "[cli]") {
  BundleSite site;
  auto expected = site.files();
  expected[kCsv] = pinned_csv(expected[kCsv]);

  const auto ended = site.regenerate();

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  CHECK(site.files() == expected);
  CHECK_THAT(ended.output,
             Contains("manifests/widget.clusterserviceversion.yaml\n") &&
                 Contains("    - quay.io/acme/widget:1\n    + " + pinned("widget", '1') + "\n") &&
                 Contains("    + db: " + pinned("db", '2') + "\n") &&
                 Contains("bundle: 4 changes in one file; 3 images, 3 looked up\n") &&
                 !Contains("\x1b["));
}

TEST_CASE("what is pinned already stays byte for byte as it is", "[cli]") {
  BundleSite site;
  REQUIRE(site.regenerate().status == 0);
  const auto once = site.files();
  site.write("none.json", "{}");

  const auto ended = site.regenerate({"--labels", "none.json", "--rules", "core"});

  CHECK(ended.status == 1);  // RELATED_IMAGE variables beside relatedImages
  CHECK_THAT(ended.errors, Contains("widget.clusterserviceversion.yaml"));
  CHECK(site.files()[kCsv] == once.at(kCsv));
}

TEST_CASE("--dry-run tells what would change and writes nothing", "[cli]") {
  BundleSite site;
  const auto before = site.files();

  const auto ended = site.regenerate({"--dry-run"});

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  CHECK_THAT(ended.output, Contains("+ " + pinned("widget", '1')) &&
                               Contains("4 changes in one file, nothing was written"));
  CHECK(site.files() == before);
}

TEST_CASE("--format json has everything that became of the bundle", "[cli]") {
  BundleSite site;

  const auto ended = site.regenerate({"--format", "json", "--rules", "later"});

  CHECK(ended.errors.empty());
  REQUIRE(ended.status == 0);
  const auto answer = ended.json();
  const Names images{"quay.io/acme/db:2", "quay.io/acme/helper:3", "quay.io/acme/widget:1"};
  CHECK(texts(answer["found"]) == images);
  CHECK(texts(answer["looked_up"]) == images);
  CHECK(io::to_json(answer["related_bundles"]) == "[]");
  CHECK(io::to_json(answer["labels"]) == R"({"com.redhat.iib.pinned":"true"})");
  CHECK(io::to_json(answer["named"][0]) ==
        R"({"file":"widget.clusterserviceversion.yaml","origin":"container manager",)"
        R"("name":"manager","image":"quay.io/acme/widget:1"})");
  const auto& changes = answer["changes"]["manifests/widget.clusterserviceversion.yaml"];
  REQUIRE(changes.Size() == 4);
  CHECK(changes[0]["path"] == "/metadata/annotations/description");
  CHECK(changes[0]["op"] == "replace");
  CHECK(changes[0]["old"] == "needs quay.io/acme/helper:3");
  CHECK(changes[0]["new"].GetString() == "needs " + pinned("helper", '3'));
  CHECK(changes[3]["op"] == "add");
  CHECK(changes[3]["path"] == "/spec/relatedImages");
  CHECK_FALSE(changes[3].HasMember("old"));
}

TEST_CASE("--config and --organization customize", "[cli]") {
  BundleSite site;
  site.write("iibd.yaml", kCoreConfig);

  SECTION("the organization that is named") {
    const auto ended = site.regenerate({"--config", "iibd.yaml", "--organization", "acme"});
    CHECK(ended.errors.empty());
    CHECK(ended.status == 0);
    CHECK_THAT(
        site.text_of(kCsv),
        Contains("image: registry.acme.example.com/acme/widget@" + digest_of('1')) &&
            Contains("    market.example.com/support: https://market.example.com/widget-acme\n"));
    CHECK_THAT(site.text_of(kAnnotations), Contains("package.v1: widget-acme  # our name"));
    CHECK_THAT(ended.output,
               Contains("label for the new image: "
                        "operators.operatorframework.io.bundle.package.v1=widget-acme"));
  }
  SECTION("no organization: as if nothing was configured") {
    const auto ended = site.regenerate({"--config", "iibd.yaml"});
    CHECK(ended.errors.empty());
    CHECK(ended.status == 0);
    CHECK_THAT(site.text_of(kCsv), Contains("image: " + pinned("widget", '1')));
  }
  SECTION("an unknown organization: the same, with a warning") {
    const auto ended = site.regenerate({"--config", "iibd.yaml", "--organization", "acne"});
    CHECK_THAT(ended.errors, Contains("warning: ") && Contains("'acne'"));
    CHECK(ended.status == 0);
    CHECK_THAT(site.text_of(kCsv), Contains("image: " + pinned("widget", '1')));
  }
}

TEST_CASE("--rules go before those of the configuration", "[cli]") {
  BundleSite site;
  site.write("later.yaml", "iib_regenerate_rules: later\n");
  const auto is_later = [&](const Arguments& arguments) {
    auto all = arguments;
    all.insert(all.end(), {"--format", "json"});
    const auto ended = site.regenerate(all);
    REQUIRE(ended.status == 0);
    return !ended.json()["related_bundles"].IsNull();
  };

  SECTION("core without a word") {
    CHECK_FALSE(is_later({}));
  }
  SECTION("the configuration's") {
    CHECK(is_later({"--config", "later.yaml"}));
  }
  SECTION("the option's") {
    CHECK_FALSE(is_later({"--config", "later.yaml", "--rules", "core"}));
  }
  SECTION("auto, by the form of the customizations") {
    site.write("list.yaml", kLaterConfig);
    CHECK(is_later({"--config", "list.yaml", "--rules", "auto"}));
  }
}

TEST_CASE("--rules that the customizations do not follow are refused", "[cli]") {
  BundleSite site;
  site.write("iibd.yaml", kCoreConfig);
  const auto before = site.files();

  const auto ended =
      site.regenerate({"--config", "iibd.yaml", "--organization", "acme", "--rules", "later"});

  CHECK(ended.status == 1);
  CHECK_THAT(ended.errors, Contains("acme") && Contains("--rules"));
  CHECK(site.files() == before);
}

TEST_CASE("--labels and --replacements stand for registry and request", "[cli]") {
  BundleSite site;
  site.write("iibd.yaml", kLaterConfig);
  site.write("labels.json",
             fmt::format(R"({{"images": {{"{}": {{"com.redhat.delivery.operator.bundle": "true"}},)"
                         R"( "quay.io/acme/db": {{"other": "x"}}}}}})",
                         pinned("db", '2')));
  site.write("replacements.json", fmt::format(R"({{"{}": "quay.io/rebuilt/db@{}"}})",
                                              pinned("db", '2'), digest_of('7')));

  const auto ended = site.regenerate({"--config", "iibd.yaml", "--organization", "acme", "--labels",
                                      "labels.json", "--replacements", "replacements.json"});

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  CHECK_THAT(ended.output, Contains("related bundle: " + pinned("db", '2') + "\n"));
  CHECK_THAT(site.text_of(kCsv), Contains("value: \"quay.io/rebuilt/db@" + digest_of('7') + "\""));
}

TEST_CASE("a bundle whose label says that it is pinned is not pinned again", "[cli]") {
  BundleSite site;
  const auto before = site.files();
  site.write("labels.json", R"({"bundle": {"com.redhat.iib.pinned": "true"}})");

  const auto ended = site.regenerate({"--labels", "labels.json", "--rules", "later"});

  CHECK(ended.status == 0);
  CHECK_THAT(ended.output, Contains("bundle: nothing to change; 3 images, 0 looked up"));
  CHECK(site.text_of(kCsv) == before.at(kCsv));
}

TEST_CASE("--replacements under the core rules have no effect and say so", "[cli]") {
  BundleSite site;
  site.write("replacements.json", R"({"quay.io/a/b:1": "quay.io/a/c:1"})");

  const auto ended = site.regenerate({"--replacements", "replacements.json"});

  CHECK(ended.status == 0);
  CHECK_THAT(ended.errors, Contains("warning: --replacements has no effect"));
}

TEST_CASE("pull specifications of the tables are compared in full", "[cli]") {
  BundleSite site;
  site.write(kCsv, with(site.text_of(kCsv), "quay.io/acme/widget:1", "quay.io/acme/widget"));
  site.write("digests.json", with(site.text_of("digests.json"), "quay.io/acme/widget:1",
                                  "quay.io/acme/widget:latest"));

  const auto ended = site.regenerate();

  CHECK(ended.errors.empty());
  CHECK(ended.status == 0);
  CHECK_THAT(site.text_of(kCsv), Contains("image: " + pinned("widget", '1')));
}

TEST_CASE("the modes of changed files stay", "[cli]") {
  BundleSite site;
  const auto file = site.commands().directory() / kCsv;
  namespace fs = std::filesystem;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | fs::perms::others_read);
  const auto before = fs::status(file).permissions();

  REQUIRE(site.regenerate().status == 0);

  CHECK(fs::status(file).permissions() == before);
}
