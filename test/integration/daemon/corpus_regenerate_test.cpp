#include "bundle/changes.hpp"
#include "iib/io/yaml.hpp"
#include "regeneration.hpp"
#include "shared_data.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <stdexcept>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 64UL << 20U;

std::string replaced(std::string text, const std::string& old, const std::string& now) {
  for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + now.size())) {
    text.replace(at, old.size(), now);
  }
  return text;
}

std::map<std::string, std::string> texts_in(const io::JsonValue& object) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : object.GetObject()) texts[key.GetString()] = value.GetString();
  return texts;
}

/// The YAML document `text` as JSON, its keys in their order.
std::string json_of(const std::string& text) {
  return io::to_json(io::parse_json(bundle::to_json(io::parse_yaml(text).root())));
}

std::string digits_of(const std::string& digest) {
  return digest.substr(digest.find(':') + 1);
}

/// A golden case of a real bundle, moved to the registry of `site`: the images that it names are
/// pushed there, and wherever it has their registries and invented digests it now has the real
/// ones.
io::JsonDocument moved_case(Site& site, const fs::path& file) {
  auto text = read_file(file, kLargestFile);
  const auto original = io::parse_json(text);
  const auto& input = original["input"];
  for (const auto& [spec, invented] : texts_in(input["digests"])) {
    if (spec.find('@') != std::string::npos) throw std::runtime_error{spec + " cannot be pushed"};
    const auto slash = spec.find('/');
    const auto colon = spec.rfind(':');
    const auto* labels = io::find_member(input["image_labels"],
                                         fmt::format("{}@{}", spec.substr(0, colon), invented));
    const auto digest = site.registry().push(
        spec.substr(slash + 1, colon - slash - 1), spec.substr(colon + 1),
        {.layers = {{{.path = "bin/program", .content = spec}}},
         .labels = labels == nullptr ? std::map<std::string, std::string>{} : texts_in(*labels)});
    const auto host = spec.substr(0, slash);
    // Names of related images have the digits alone.
    text = replaced(std::move(text), digits_of(invented), digits_of(digest));
    text = replaced(std::move(text), fmt::format("{}/", host), site.pull_spec(""));
    text = replaced(std::move(text), fmt::format("\"{}\"", host),
                    fmt::format("\"{}\"", site.registry().address()));
  }
  return io::parse_json(text);
}

/// The bundle of a case as an image, whose labels are its annotations.
TestImage image_of(const io::JsonValue& input) {
  TestImage image{.layers = {{}}, .labels = texts_in(input["bundle_labels"])};
  for (const std::string folder : {"manifests", "metadata"}) {
    for (const auto& [name, text] : texts_in(input[folder.c_str()])) {
      image.layers.front().push_back({.path = fmt::format("{}/{}", folder, name), .content = text});
    }
  }
  const auto annotations = io::parse_json(json_of(entry_of(image, kAnnotationsFile).content));
  image.labels.merge(texts_in(annotations["annotations"]));
  return image;
}

std::string customizations_of(const io::JsonValue& input, const std::string& rules) {
  const auto key = "customizations_" + rules;
  return fmt::format("iib_regenerate_rules: {}\niib_organization_customizations: {}\n", rules,
                     io::to_json(input[key.c_str()]));
}

}  // namespace

TEST_CASE("real bundles are regenerated over REST as the reference does", "[corpus][regenerate]") {
  IIBD_NEEDS_TOOLS();
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("needs the shared corpus: set IIBD_SHARED");
  // Other registries; name, annotations, labels, enclosures; bundles that the request replaces.
  const std::string id = GENERATE("r014", "r017", "r030");
  const std::string rules = GENERATE("core", "later");
  CAPTURE(id, rules);
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto golden = moved_case(site, *shared / "golden" / "regenerate" / (id + ".json"));
  const auto& input = golden["input"];
  const auto& expected = golden["expected"][rules.c_str()];
  const auto bundle = site.push_image("bundle", image_of(input));
  Daemon daemon{site.state(), site.configuration(customizations_of(input, rules))};
  daemon.start();

  const auto document =
      build(daemon, "regenerate-bundle",
            regenerate_body(bundle, fmt::format(R"(,"organization":{},"bundle_replacements":{})",
                                                io::to_json(input["organization"]),
                                                io::to_json(input["bundle_replacements"]))));

  INFO(io::to_json(document) << daemon.log());
  REQUIRE(text_of(document, "state") == "complete");
  const auto contents = contents_of(site.registry(), text_of(document, "bundle_image"));
  for (const auto& [name, text] : texts_in(input["manifests"])) {
    CAPTURE(name);
    const auto& now = contents.files.at("manifests/" + name);
    const auto* wanted = io::find_member(expected["manifests"], name);
    CHECK((wanted == nullptr ? now == text : json_of(now) == io::to_json(*wanted)));
  }
  CHECK(json_of(contents.files.at(kAnnotationsFile)) == io::to_json(expected["annotations"]));
  for (const auto& [name, value] : texts_in(expected["labels"])) {
    CAPTURE(name);
    CHECK(contents.labels.at(name) == value);
  }
  if (const auto* related = io::find_member(expected, "related_bundles");
      related != nullptr && !related->IsNull()) {
    CHECK(io::to_json(daemon.get("/api/v1/builds/1/related_bundles").json) ==
          io::to_json(*related));
  }
}

}  // namespace iib::test
