#include "bundle_site.hpp"
#include "page_examples.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <sstream>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands

namespace {

constexpr auto kManifest = "bundle/manifests/otter.clusterserviceversion.yaml";

std::vector<PageExample> examples() {
  return read_examples(std::filesystem::path{IIBD_SOURCE_ROOT} / "docs" / "regeneration.md");
}

/// What holds for an example that does not say it: the last CSV file and digests above it.
struct Inherited {
  std::string before;
  std::string digests;

  void take_from(const PageExample& example) {
    if (const auto* text = example.find("before")) before = *text;
    if (const auto* text = example.find("digests")) digests = *text;
  }
};

/// Writes the files of `example`, and gives the arguments for it.
Arguments write_files(const BundleSite& site, const PageExample& example,
                      const Inherited& inherited) {
  std::filesystem::remove(site.directory() / kCsv);
  const auto* annotations = example.find("annotations-before");
  site.write(kAnnotations,
             annotations != nullptr
                 ? *annotations
                 : "annotations:\n  operators.operatorframework.io.bundle.package.v1: otter\n");
  site.write(kManifest, inherited.before);
  site.write("digests.json", inherited.digests);
  Arguments arguments{"regenerate", "bundle", "--digests", "digests.json"};
  if (const auto* config = example.find("config")) {
    site.write("iibd.yaml", *config);
    arguments.insert(arguments.end(), {"--config", "iibd.yaml", "--organization", "raft"});
  }
  for (const std::string option : {"labels", "replacements"}) {
    const auto* text = example.find(option);
    if (text == nullptr) continue;
    site.write(option + ".json", *text);
    arguments.insert(arguments.end(), {"--" + option, option + ".json"});
  }
  return arguments;
}

/// Runs the command that a block for the console begins with; it must print the rest.
void run_console(BundleSite& site, const std::string& block) {
  std::istringstream words{block.substr(0, block.find('\n'))};
  Arguments arguments;
  for (std::string word; words >> word;) arguments.push_back(word);
  REQUIRE(arguments.size() > 3);
  arguments.erase(arguments.begin(), arguments.begin() + 3);  // `$ iibd bundle`

  const auto ended = site.run(arguments);

  CHECK(ended.output + ended.errors == block.substr(block.find('\n') + 1));
}

}  // namespace

TEST_CASE("every example of the page about regeneration comes out as the page says", "[cli]") {
  Inherited inherited;
  std::size_t made = 0;
  for (const auto& example : examples()) {
    CAPTURE(example.name);
    inherited.take_from(example);
    BundleSite site;
    const auto arguments = write_files(site, example, inherited);
    if (const auto* block = example.find("inspect")) run_console(site, *block);
    if (const auto* block = example.find("command")) {
      run_console(site, *block);
    } else {
      const auto ended = site.run(arguments);
      CAPTURE(ended.errors);
      CHECK(ended.status == 0);
    }
    if (const auto* after = example.find("after")) {
      CHECK(site.text_of(kManifest) == *after);
      ++made;
    }
    if (const auto* after = example.find("annotations-after")) {
      CHECK(site.text_of(kAnnotations) == *after);
      ++made;
    }
  }
  CHECK(made >= 11);
}

TEST_CASE("the page about regeneration has an example of every customization", "[cli]") {
  std::string configs;
  for (const auto& example : examples()) {
    if (const auto* config = example.find("config")) configs += *config;
  }
  for (const auto* type : {"resolve_image_pullspecs", "related_bundles", "package_name_suffix",
                           "registry_replacements", "perform_bundle_replacements",
                           "image_name_from_labels", "csv_annotations", "enclose_repo"}) {
    CHECK_THAT(configs, Catch::Contains(fmt::format("type: {}", type)));
  }
  for (const auto* key : {"csv_annotations:", "package_name_suffix:", "registry_replacements:"}) {
    CHECK_THAT(configs, Catch::Contains(key));
  }
}
