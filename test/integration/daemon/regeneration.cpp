#include "regeneration.hpp"

#include "test_layer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace iib::test {
namespace {

constexpr auto kCsvBegin = R"(# Heron, which waits.
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  name: heron.v1.0.0      # the name stays
  annotations:
    capabilities: 'Basic Install'
    description: "one line that is longer than the two hundred columns at which the library of the original wraps what it writes anew, so that a document which was printed and not edited would show it by its line breaks"
spec:
  displayName: "Heron"
  version: 1.0.0
  install:
    strategy: deployment
    spec:
      deployments:
        - name: heron
          spec:
            template:
              spec:
                containers:
)";

constexpr auto kAnnotations = R"(# for the bundle
annotations:
  operators.operatorframework.io.bundle.manifests.v1: manifests/
  operators.operatorframework.io.bundle.metadata.v1: metadata/
  operators.operatorframework.io.bundle.package.v1: heron  # ours
)";

}  // namespace

std::string heron_csv(const std::vector<std::string>& images) {
  std::string text = kCsvBegin;
  if (images.empty()) text.replace(text.rfind(":\n"), 2, ": []\n");
  int number = 0;
  for (const auto& image : images) {
    text += fmt::format("                  - name: c{}\n                    image: {}\n", ++number,
                        image);
  }
  return text;
}

TestImage heron_bundle(const std::string& csv, const std::string& architecture) {
  return {.layers = {{{.path = "manifests", .content = {}, .type = TarEntry::Type::directory},
                      {.path = kHeronCsv, .content = csv},
                      {.path = "manifests/heron.crd.yaml", .content = "kind: Other\n"},
                      {.path = "manifests/notes.txt", .content = "not: [yaml\n"},
                      {.path = kAnnotationsFile, .content = kAnnotations},
                      {.path = "tests/scorecard/config.yaml", .content = "stays: true\n"}}},
          .labels = {{"operators.operatorframework.io.bundle.manifests.v1", "manifests/"},
                     {"operators.operatorframework.io.bundle.metadata.v1", "metadata/"},
                     {"operators.operatorframework.io.bundle.package.v1", "heron"}},
          .architecture = architecture};
}

TarEntry& entry_of(TestImage& bundle, const std::string& path) {
  auto& entries = bundle.layers.front();
  const auto found =
      std::ranges::find_if(entries, [&](const TarEntry& entry) { return entry.path == path; });
  if (found != entries.end()) return *found;
  return entries.emplace_back(TarEntry{.path = path, .content = {}});
}

std::string push_operand(Site& site, const std::string& repository,
                         const std::map<std::string, std::string>& labels) {
  return site.registry().push(
      repository, "v1",
      {.layers = {{{.path = "bin/program", .content = repository}}}, .labels = labels});
}

std::string regenerate_body(const std::string& from_bundle_image, const std::string& more) {
  return fmt::format(R"({{"from_bundle_image":"{}"{}}})", from_bundle_image, more);
}

ImageContents contents_of(const Registry& registry, const Index& result, const IndexImage& image) {
  ImageContents contents;
  for (const auto& layer : image.layers) {
    for (auto& [path, content] : read_layer(registry.blob(result.repository, layer))) {
      const auto name = std::filesystem::path{path}.relative_path().lexically_normal();
      contents.files.insert_or_assign(name.string(), content);
    }
  }
  for (const auto& label : image.config["config"]["Labels"].GetObject()) {
    contents.labels.emplace(label.name.GetString(), label.value.GetString());
  }
  return contents;
}

ImageContents contents_of(const Registry& registry, const std::string& pull_spec) {
  const auto result = read_index(registry, pull_spec);
  return contents_of(registry, result, result.images.front());
}

std::vector<std::string> push_similar(Site& site, const std::string& image, int count) {
  std::vector<std::string> bodies;
  for (int number = 0; number < count; ++number) {
    const auto csv = fmt::format("{}# number {}\n", heron_csv({image}), number);
    const auto name = fmt::format("bundles/similar{}", number);
    bodies.push_back(regenerate_body(site.push_image(name, heron_bundle(csv))));
  }
  return bodies;
}

bool has_result(const Registry& registry, std::int64_t request) {
  const auto tag = std::to_string(request);
  return std::ranges::any_of(
      std::vector<std::string>{tag, tag + "-amd64", tag + "-s390x"},
      [&](const std::string& name) { return !registry.manifest("iib-build", name).empty(); });
}

}  // namespace iib::test
