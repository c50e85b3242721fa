#include "regeneration.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

using Texts = std::vector<std::string>;
using Catch::Matchers::Contains;

constexpr auto kBundleLabel = "com.redhat.delivery.operator.bundle";

/// Pushes a bundle `name` that names `images`; gives its pull specification by tag.
std::string push_nest(Site& site, const std::string& name, const Texts& images) {
  auto image = heron_bundle(heron_csv(images) + "# " + name + "\n");
  image.labels[kBundleLabel] = "true";
  return site.push_image("nest/" + name, image);
}

io::JsonDocument find_nested(const Daemon& daemon, const std::string& parent,
                             const std::string& more = {}) {
  return build(daemon, "recursive-related-bundles",
               fmt::format(R"({{"parent_bundle_image":"{}"{}}})", parent, more));
}

/// The list that was written; the request must be complete.
Texts nested_of(const Daemon& daemon, const io::JsonDocument& document) {
  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  const auto answer =
      daemon.get(fmt::format("/api/v1/builds/{}/nested-bundles", document["id"].GetInt64()));
  REQUIRE(answer.status == 200);
  CHECK(answer.headers.at("content-type") == "application/json");
  Texts list;
  for (const auto& each : answer.json.GetArray()) list.emplace_back(each.GetString());
  return list;
}

std::string failure_of(const Daemon& daemon, const io::JsonDocument& document) {
  CHECK(text_of(document, "state") == "failed");
  const auto path = fmt::format("/api/v1/builds/{}/nested-bundles", document["id"].GetInt64());
  CHECK(daemon.get(path).status == 500);
  return text_of(document, "state_reason");
}

}  // namespace

TEST_CASE("the bundles below a bundle are listed, the deepest first", "[nested]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  push_operand(site, "wetland/egg");
  const auto egg = site.pull_spec("wetland/egg:v1");
  const auto deep = push_nest(site, "deep", {egg});
  const auto left = push_nest(site, "left", {deep, egg});
  const auto right = push_nest(site, "right", {egg, left});
  const auto parent = push_nest(site, "parent", {left, right, egg});

  const auto document = find_nested(daemon, parent);

  const auto resolved = text_of(document, "parent_bundle_image_resolved");
  CHECK_THAT(resolved, Catch::StartsWith(site.pull_spec("nest/parent@sha256:")));
  CHECK(text_of(document, "parent_bundle_image") == parent);
  CHECK(document["organization"].IsNull());
  CHECK_THAT(text_of(document["nested_bundles"], "url"), Catch::EndsWith("/1/nested-bundles"));
  // `left` is below the parent and below `right`: it comes before both.
  CHECK(nested_of(daemon, document) == Texts{deep, left, right, resolved});
  const auto history = history_of(document);
  CHECK(Texts{history.begin() + 1, history.end()} ==
        Texts{"Resolving the parent bundle image",
              "Finding the bundles that " + parent + " is made of",
              "Writing the list of nested bundles",
              "3 bundles were found below the parent bundle image"});

  const auto alone = find_nested(daemon, deep);
  CHECK(nested_of(daemon, alone) == Texts{text_of(alone, "parent_bundle_image_resolved")});
}

TEST_CASE("an organization's customizations come before the search for bundles", "[nested]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  Daemon daemon{
      site.state(),
      site.configuration(fmt::format(
          "iib_organization_customizations:\n"
          "  moved:\n"
          "    - {{type: registry_replacements, replacements: {{old.example.com: '{0}'}}}}\n"
          "    - {{type: resolve_image_pullspecs}}\n"
          "    - {{type: related_bundles}}\n"
          "    - {{type: registry_replacements, replacements: {{'{0}': new.example.com}}}}\n",
          site.registry().address()))};
  daemon.start();
  const auto child = push_nest(site, "child", {});
  const auto parent = push_nest(site, "parent", {"old.example.com/nest/child:latest"});

  const auto found = nested_of(daemon, find_nested(daemon, parent, R"(,"organization":"moved")"));

  REQUIRE(found.size() == 2);
  CHECK_THAT(found[0], Catch::StartsWith(site.pull_spec("nest/child@sha256:")));
  // Without it nothing is changed before, and that registry is nowhere.
  CHECK_THAT(failure_of(daemon, find_nested(daemon, parent)),
             Contains("old.example.com/nest/child:latest"));
}

TEST_CASE("a search for nested bundles that cannot end well fails by name", "[nested]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  Daemon daemon{site.state(), site.configuration("iib_max_recursive_related_bundles: 3\n")};
  daemon.start();

  SECTION("bundles that name each other") {
    const auto second = site.pull_spec("nest/second:latest");
    const auto first = push_nest(site, "first", {second});
    push_nest(site, "second", {first});
    CHECK_THAT(failure_of(daemon, find_nested(daemon, first)),
               Contains("cycle") && Contains(second));
  }
  SECTION("too many") {
    const auto a = push_nest(site, "a", {});
    const auto b = push_nest(site, "b", {a});
    const auto parent = push_nest(site, "parent", {b});
    CHECK(nested_of(daemon, find_nested(daemon, parent)).size() == 3);
    const auto more = push_nest(site, "more", {parent, a});
    CHECK_THAT(failure_of(daemon, find_nested(daemon, more)),
               Contains("iib_max_recursive_related_bundles"));
  }
  SECTION("an image that is not there, deep down") {
    const auto child = push_nest(site, "child", {site.pull_spec("wetland/none:v1")});
    const auto parent = push_nest(site, "parent", {child});
    CHECK_THAT(failure_of(daemon, find_nested(daemon, parent)),
               Contains("bundle " + child) && Contains("wetland/none:v1"));
  }
  SECTION("a parent that is no bundle") {
    push_operand(site, "wetland/egg");
    CHECK_THAT(failure_of(daemon, find_nested(daemon, site.pull_spec("wetland/egg:v1"))),
               Contains("wetland/egg") && Contains("manifests"));
    CHECK_THAT(failure_of(daemon, find_nested(daemon, site.pull_spec("wetland/none:v1"))),
               Contains("parent_bundle_image") && Contains("wetland/none:v1"));
  }
}

}  // namespace iib::test
