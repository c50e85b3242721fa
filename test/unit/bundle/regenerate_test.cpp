#include "regenerate_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <ctime>
#include <stop_token>

namespace iib::test {
namespace {

using bundle::Change;
using bundle::RefusalCode;
using Catch::Contains;

/// A change as one line.
std::string line(const Change& change) {
  return fmt::format("{} {} {} -> {} ({})", change.file, change.place, change.old.value_or("+"),
                     change.now, change.why);
}

}  // namespace

TEST_CASE("what changed is told with its place, its values and why", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter:1"),
                                      "containerImage: quay.io/acme/otter:1\n"));
  fixture.exists("quay.io/acme/otter:1", 'a');
  fixture.later({step(config::CustomizationType::resolve_image_pullspecs),
                 step(config::CustomizationType::registry_replacements, {},
                      {{"quay.io", "mirror.example.com"}}),
                 step(config::CustomizationType::csv_annotations, {}, {{"a/b", "c"}})});

  const auto& changes = fixture.run().changes;

  const auto now = fmt::format("\"mirror.example.com/acme/otter@{}\"", digest('a'));
  const auto why = "pinned to its digest, registry quay.io replaced by mirror.example.com";
  REQUIRE(changes.size() == 4);
  CHECK(line(changes[0]) == fmt::format("manifests/otter.yaml /metadata/annotations/containerImage "
                                        "\"quay.io/acme/otter:1\" -> {} ({})",
                                        now, why));
  CHECK(line(changes[1]) ==
        "manifests/otter.yaml /metadata/annotations/a~1b + -> \"c\" "
        "(annotation of the organization)");
  CHECK(changes[1].kind == Change::Kind::added);
  CHECK(line(changes[2]) == fmt::format("manifests/otter.yaml {}/image \"quay.io/acme/otter:1\" -> "
                                        "{} ({})",
                                        kFirstContainer, now, why));
  CHECK(changes[3].place == "/spec/relatedImages");
  CHECK(changes[3].kind == Change::Kind::added);
  CHECK_THAT(changes[3].now, Contains(now));
  CHECK_THAT(changes[3].why, Contains("relatedImages"));
}

TEST_CASE("what is found is told as it was before any change", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("sub/otter.yaml", csv_text(container("manager", "quay.io/acme/otter"),
                                          "a/b: uses quay.io/acme/otter:latest here\n"));
  fixture.exists("quay.io/acme/otter:latest", 'a');

  const auto& result = fixture.run();

  REQUIRE(result.named.size() == 2);
  CHECK(result.named[0].file == "sub/otter.yaml");
  CHECK(result.named[0].origin == "container manager");
  CHECK(result.named[0].name == "manager");
  CHECK(result.named[0].image == "quay.io/acme/otter");
  CHECK(result.named[0].place == std::string{kFirstContainer} + "/image");
  CHECK(result.named[1].name == "otter-latest-annotation");
  CHECK(result.named[1].place == "/metadata/annotations/a~1b");
  CHECK(result.found == std::vector<std::string>{"quay.io/acme/otter:latest"});
}

TEST_CASE("an image that does not exist is told with the places that name it", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml",
               csv_text(container("manager", "quay.io/acme/otter:1"), "hours: from 10.30/11:15\n"));
  fixture.exists("quay.io/acme/otter:1", 'a');

  const auto refusal = fixture.refusal();

  CHECK(refusal.code() == RefusalCode::image_unresolvable);
  CHECK(refusal.file() == "manifests/otter.yaml");
  CHECK_THAT(refusal.what(),
             Contains("10.30/11:15 does not exist") && Contains("manifests/otter.yaml") &&
                 Contains("/metadata/annotations/hours") && Contains("if that is no image"));
}

TEST_CASE("an answer that is no digest is refused", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter:1")));
  fixture.lookup.known_digests["quay.io/acme/otter:1"] = "latest";

  CHECK_THAT(fixture.refusal().what(), Contains("'latest' is no digest"));
}

TEST_CASE("nothing to do leaves every byte as it is", "[bundle]") {
  RegenerateFixture fixture;
  const auto pinned = "quay.io/acme/otter@" + digest('a');
  fixture.with("otter.yaml",
               csv_text(container("manager", pinned), "a: |+\n  text  \n\n") + "# end");
  fixture.exists(pinned, 'a');
  fixture.order.customizing.rules = bundle::default_later_rules();

  const auto& result = fixture.run();

  CHECK(result.files.empty());
  CHECK(result.changes.empty());
  CHECK(result.labels.empty());
}

TEST_CASE("a bundle without CSV files is regenerated to itself", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("crd.yaml", "kind: CustomResourceDefinition\n");

  CHECK(fixture.run().files.empty());
}

TEST_CASE("a regeneration ends when it is cancelled", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter:1")));
  fixture.exists("quay.io/acme/otter:1", 'a');
  std::stop_source stop;
  stop.request_stop();

  CHECK_THROWS_AS(bundle::regenerate(fixture.files, fixture.order, fixture.lookup,
                                     Cancellation{stop.get_token()}),
                  Cancelled);
  CHECK(fixture.lookup.calls == 0);
}

TEST_CASE("the customizations are chosen by rules, form and organization", "[bundle]") {
  using config::RegenerateRules;
  const config::CoreCustomizations map{
      .csv_annotations = {}, .package_name_suffix = "-x", .registry_replacements = {}};
  const std::vector<config::Customization> list{
      step(config::CustomizationType::resolve_image_pullspecs)};
  const std::map<std::string, config::Organization> maps{{"acme", map}};
  const std::map<std::string, config::Organization> lists{
      {"acme", list}, {"nothing", std::vector<config::Customization>{}}};

  SECTION("without organization the default of the rules applies") {
    CHECK(bundle::choose_customizing({}, RegenerateRules::automatic, {}).rules ==
          bundle::default_core_rules());
    CHECK(bundle::choose_customizing(maps, RegenerateRules::automatic, {}).rules ==
          bundle::default_core_rules());
    CHECK(bundle::choose_customizing(lists, RegenerateRules::automatic, {}).rules ==
          bundle::default_later_rules());
    CHECK(bundle::choose_customizing({}, RegenerateRules::later, "").rules ==
          bundle::default_later_rules());
    CHECK_FALSE(bundle::choose_customizing({}, RegenerateRules::later, "").has_organization);
  }
  SECTION("an organization gets its own") {
    const auto chosen = bundle::choose_customizing(maps, RegenerateRules::automatic, "acme");
    CHECK(chosen.rules == config::Organization{map});
    CHECK(chosen.has_organization);
    CHECK(bundle::choose_customizing(lists, RegenerateRules::automatic, "acme").rules ==
          config::Organization{list});
  }
  SECTION("an unknown one, and one with an empty list, get the default") {
    const auto chosen = bundle::choose_customizing(lists, RegenerateRules::automatic, "unknown");
    CHECK(chosen.rules == bundle::default_later_rules());
    CHECK(chosen.has_organization);
    CHECK(bundle::choose_customizing(lists, RegenerateRules::automatic, "nothing").rules ==
          bundle::default_later_rules());
  }
  SECTION("a form that does not fit the rules is refused") {
    CHECK_THROWS_WITH(bundle::choose_customizing(maps, RegenerateRules::later, "acme"),
                      Contains("acme") && Contains("iib_regenerate_rules"));
    CHECK_THROWS_WITH(bundle::choose_customizing(lists, RegenerateRules::core, "acme"),
                      Contains("list"));
  }
}

TEST_CASE("10,000 pull specifications take seconds, not minutes", "[bundle]") {
  constexpr int kImages = 10'000;
  RegenerateFixture fixture;
  std::string pod = "containers:\n";
  std::string annotations = "list: >-\n";
  for (int i = 0; i < kImages / 2; ++i) {
    const auto one = fmt::format("quay.io/acme/otter-{}:1", i);
    const auto other = fmt::format("quay.io/acme/holt-{}:1", i);
    pod += fmt::format("- name: c{}\n  image: {}\n", i, one);
    annotations += fmt::format("  {}\n", other);
    fixture.exists(one, 'a').exists(other, 'b');
  }
  fixture.with("otter.yaml", csv_text(pod, annotations));
  fixture.order.customizing.rules = bundle::default_later_rules();
  const auto begin = std::clock();  // of the processor: a busy machine must not count

  const auto& result = fixture.run();

  const auto took = std::clock() - begin;
  CHECK(result.found.size() == kImages);
  CHECK(result.looked_up.size() == kImages);
  // A second on a slow machine without optimization; quadratic behaviour took minutes.
  CHECK(took < 20 * CLOCKS_PER_SEC);
  CHECK(fixture.lookup.calls == 2);
}

}  // namespace iib::test
