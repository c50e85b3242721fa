#include "regenerate_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

using bundle::RefusalCode;
using Catch::Contains;
using enum config::CustomizationType;

constexpr auto kBundleLabel = "com.redhat.delivery.operator.bundle";
constexpr auto kPinnedLabel = "com.redhat.iib.pinned";

/// A bundle whose one container is `image`.
RegenerateFixture one_container(std::string_view image) {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", image)));
  return fixture;
}

std::string image_of(const RegenerateFixture& fixture) {
  const auto text = fixture.at(std::string{kFirstContainer} + "/image");
  return text.substr(1, text.size() - 2);
}

}  // namespace

TEST_CASE("the later rules pin, and label the image as pinned", "[bundle]") {
  auto fixture = one_container("quay.io/acme/otter:1");
  fixture.exists("quay.io/acme/otter:1", 'a');
  fixture.order.customizing.rules = bundle::default_later_rules();

  const auto& result = fixture.run();

  CHECK(image_of(fixture) == "quay.io/acme/otter@" + digest('a'));
  CHECK(result.labels == bundle::Labels{{kPinnedLabel, "true"}});
  CHECK(result.related_bundles == std::vector<std::string>{});
}

TEST_CASE("images that are all pinned leave the file as it is by the later rules", "[bundle]") {
  const auto pinned = "quay.io/acme/otter@" + digest('a');
  auto fixture = one_container(pinned);
  fixture.exists(pinned, 'a');
  fixture.order.customizing.rules = bundle::default_later_rules();

  const auto& result = fixture.run();

  CHECK(result.files.empty());
  CHECK(result.labels.empty());
  CHECK(result.looked_up == std::vector{pinned});
}

TEST_CASE("a bundle that is labelled as pinned is not looked at again", "[bundle]") {
  const auto [label, counts] = GENERATE(table<std::string, bool>({{"true", true},
                                                                  {" True ", true},
                                                                  {"TRUE", true},
                                                                  {"false", false},
                                                                  {"yes", false},
                                                                  {"'true'", false},
                                                                  {"", false}}));
  CAPTURE(label);
  auto fixture = one_container("quay.io/acme/otter:1");
  fixture.exists("quay.io/acme/otter:1", 'a');
  fixture.later({step(resolve_image_pullspecs)});
  fixture.order.bundle_labels[kPinnedLabel] = label;

  CHECK(fixture.run().looked_up.empty() == counts);
}

TEST_CASE("an organization with a list gets only what is in the list", "[bundle]") {
  auto fixture = one_container("quay.io/acme/otter:1");
  fixture.later({step(package_name_suffix, {{"suffix", "-cmp"}})});

  const auto& result = fixture.run();

  CHECK(image_of(fixture) == "quay.io/acme/otter:1");
  CHECK(result.package_name == "otter-cmp");
  CHECK_FALSE(result.related_bundles.has_value());
}

TEST_CASE("customizations see what those before them wrote", "[bundle]") {
  auto fixture = one_container("stage.example.com/acme/otter:1");
  fixture.exists("quay.io/acme/otter:1", 'a').exists("stage.example.com/acme/otter:1", 'b');
  const auto move = step(registry_replacements, {}, {{"stage.example.com", "quay.io"}});

  SECTION("the registry first") {
    fixture.later({move, step(resolve_image_pullspecs)});
    fixture.run();
    CHECK(image_of(fixture) == "quay.io/acme/otter@" + digest('a'));
  }
  SECTION("the digest first") {
    fixture.later({step(resolve_image_pullspecs), move});
    fixture.run();
    CHECK(image_of(fixture) == "quay.io/acme/otter@" + digest('b'));
  }
}

TEST_CASE("pull specifications in new annotations are pinned when pinning comes later",
          "[bundle]") {
  auto fixture = one_container("quay.io/acme/otter:1");
  fixture.exists("quay.io/acme/otter:1", 'a').exists("quay.io/acme/new:2", 'b');
  fixture.later({step(csv_annotations, {}, {{"image", "see quay.io/acme/new:2"}}),
                 step(resolve_image_pullspecs)});

  fixture.run();

  CHECK_THAT(fixture.at("/metadata/annotations/image"), Contains("quay.io/acme/new@sha256"));
}

TEST_CASE("annotations are set only for an organization", "[bundle]") {
  auto fixture = one_container("quay.io/acme/otter:1");
  fixture.later({step(csv_annotations, {}, {{"a", "b"}})});
  fixture.order.customizing.has_organization = false;

  CHECK(fixture.run().files.empty());
}

TEST_CASE("relatedImages are made once and changed in their place afterwards", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml",
               csv_text("containers: []\n", "containerImage: quay.io/acme/otter:1\n"));
  fixture.exists("quay.io/acme/otter:1", 'a');
  fixture.later({step(resolve_image_pullspecs),
                 step(registry_replacements, {}, {{"quay.io", "mirror.example.com/cm"}})});

  fixture.run();

  CHECK(fixture.at("/spec/relatedImages") ==
        fmt::format(R"([{{"name":"otter-{}-annotation",)"
                    R"("image":"mirror.example.com/cm/acme/otter@{}"}}])",
                    std::string(64, 'a'), digest('a')));
}

TEST_CASE("a registry that is not replaced changes nothing", "[bundle]") {
  auto fixture = one_container("quay.io/acme/otter:1");
  fixture.later({step(registry_replacements, {}, {{"docker.io", "mirror.example.com"}}),
                 step(registry_replacements)});

  CHECK(fixture.run().files.empty());
}

TEST_CASE("names are made of labels", "[bundle]") {
  auto fixture = one_container("quay.io/acme/otter:1");
  fixture.lookup.known_labels["quay.io/acme/otter:1"] = {{"name", "holt/otter"},
                                                         {"org.example.version", "2.5"}};

  SECTION("of which the part before the first slash is the namespace") {
    fixture.later({step(image_name_from_labels, {{"template", "{name}-{org.example.version}/x"}})});
    fixture.run();
    CHECK(image_of(fixture) == "quay.io/holt/otter-2.5/x:1");
  }
  SECTION("and without a slash there is no namespace") {
    fixture.later({step(image_name_from_labels, {{"template", "v{org.example.version}"}})});
    fixture.run();
    CHECK(image_of(fixture) == "quay.io/v2.5:1");
  }
  SECTION("that must exist") {
    fixture.later({step(image_name_from_labels, {{"template", "{name}-{release}"}})});
    const auto refusal = fixture.refusal();
    CHECK(refusal.code() == RefusalCode::image_name_label_missing);
    CHECK_THAT(refusal.what(), Contains("quay.io/acme/otter:1") && Contains("'release'") &&
                                   Contains("{name}-{release}") &&
                                   Contains("name, org.example.version"));
  }
  SECTION("that are not too long") {
    fixture.lookup.known_labels["quay.io/acme/otter:1"]["name"] = std::string(2000, 'x');
    fixture.later({step(image_name_from_labels, {{"template", "{name}"}})});
    CHECK_THAT(fixture.refusal().what(), Contains("2000 bytes"));
  }
  SECTION("by a template that is one") {
    fixture.later({step(image_name_from_labels, {{"template", "{name"}})});
    CHECK_THROWS_WITH(fixture.run(), Contains("'{name'") && Contains("not closed"));
  }
}

TEST_CASE("a name made of labels that stays the same still sets relatedImages", "[bundle]") {
  auto fixture = one_container("quay.io/acme/otter:1");
  fixture.later({step(image_name_from_labels, {{"template", "acme/otter"}})});

  fixture.run();

  CHECK(fixture.at("/spec/relatedImages") ==
        R"([{"name":"manager","image":"quay.io/acme/otter:1"}])");
}

TEST_CASE("repositories are enclosed in a namespace", "[bundle]") {
  const auto [before, after] = GENERATE(table<std::string, std::string>(
      {{"quay.io/acme/otter:1", "quay.io/pending/acme----otter:1"},
       {"quay.io/pending/team/app:1", "quay.io/pending/team----app:1"},
       {"quay.io/acme/team/app:1", "quay.io/pending/acme----team----app:1"},
       {"quay.io/solo:2", "quay.io/pending/solo:2"}}));
  CAPTURE(before);
  auto fixture = one_container(before);
  fixture.later({step(enclose_repo, {{"namespace", "pending"}, {"enclosure_glue", "----"}})});

  fixture.run();

  CHECK(image_of(fixture) == after);
}

TEST_CASE("a customization without its parameter does nothing", "[bundle]") {
  const auto type = GENERATE(package_name_suffix, registry_replacements, image_name_from_labels,
                             csv_annotations, enclose_repo);
  auto fixture = one_container("quay.io/acme/otter:1");
  fixture.later({step(type)});

  const auto& result = fixture.run();

  CHECK(result.files.empty());
  CHECK(fixture.lookup.calls == 0);
}

TEST_CASE("the related bundles are the images that say that they are bundles", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text("containers:\n"
                                      "- {name: a, image: 'quay.io/acme/b-bundle:1'}\n"
                                      "- {name: b, image: 'quay.io/acme/otter:1'}\n"
                                      "- {name: c, image: 'quay.io/acme/a-bundle:1'}\n"));
  fixture.lookup.known_labels["quay.io/acme/b-bundle:1"] = {{kBundleLabel, "true"}};
  fixture.lookup.known_labels["quay.io/acme/a-bundle:1"] = {{kBundleLabel, "True"}};
  fixture.lookup.known_labels["quay.io/acme/otter:1"] = {{kBundleLabel, "1"}};
  fixture.later({step(related_bundles)});

  const auto& result = fixture.run();

  CHECK(result.related_bundles ==
        std::vector<std::string>{"quay.io/acme/b-bundle:1", "quay.io/acme/a-bundle:1"});
  CHECK(result.files.empty());
}

TEST_CASE("bundles are replaced as the request says, other images are not", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text("containers:\n"
                                      "- {name: a, image: 'quay.io/acme/dep-bundle:1'}\n"
                                      "- {name: b, image: 'quay.io/acme/otter:1'}\n"));
  fixture.lookup.known_labels["quay.io/acme/dep-bundle:1"] = {{kBundleLabel, "true"}};
  fixture.later({step(perform_bundle_replacements)});

  SECTION("with replacements") {
    fixture.order.bundle_replacements = {{"quay.io/acme/dep-bundle:1", "quay.io/new/dep:2"},
                                         {"quay.io/acme/otter:1", "quay.io/new/otter:2"}};
    fixture.run();
    CHECK(
        fixture.at("/spec/relatedImages") ==
        R"([{"name":"a","image":"quay.io/new/dep:2"},{"name":"b","image":"quay.io/acme/otter:1"}])");
  }
  SECTION("with replacements of which none matches relatedImages are set all the same") {
    fixture.order.bundle_replacements = {{"quay.io/acme/gone:1", "quay.io/new/dep:2"}};
    fixture.run();
    CHECK_THAT(fixture.at("/spec/relatedImages/0/image"), Contains("quay.io/acme/dep-bundle:1"));
  }
  SECTION("without") {
    CHECK(fixture.run().files.empty());
    CHECK(fixture.lookup.calls == 0);
  }
}

TEST_CASE("what is asked about an image is asked once per request", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("a.yaml", csv_text(container("manager", "quay.io/acme/otter:1")));
  fixture.with("b.yaml", csv_text(container("manager", "quay.io/acme/otter:1")));
  const auto pinned = "quay.io/acme/otter@" + digest('a');
  fixture.exists("quay.io/acme/otter:1", 'a').exists(pinned, 'a');
  // The lookup fails when it is asked twice for the same.
  fixture.later({step(resolve_image_pullspecs), step(resolve_image_pullspecs),
                 step(resolve_image_pullspecs), step(related_bundles), step(related_bundles)});

  const auto& result = fixture.run();

  CHECK(result.looked_up == std::vector<std::string>{"quay.io/acme/otter:1", pinned});
  CHECK(fixture.lookup.calls == 3);
}

}  // namespace iib::test
