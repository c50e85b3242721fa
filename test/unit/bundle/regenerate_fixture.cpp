#include "regenerate_fixture.hpp"

#include "bundle/changes.hpp"
#include "iib/io/yaml_edit.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace iib::test {
namespace {

/// `lines`, each moved to the right.
std::string indented(std::string_view lines, std::size_t by) {
  std::string result;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    result += fmt::format("{}{}", std::string(by, ' '), lines.substr(0, end));
    lines.remove_prefix(end);
  }
  return result;
}

}  // namespace

std::string digest(char digit) {
  return fmt::format("sha256:{}", std::string(64, digit));
}

std::string csv_text(std::string_view pod, std::string_view annotations, std::string_view spec) {
  return fmt::format(
      "kind: ClusterServiceVersion\n"
      "metadata:\n"
      "  name: otter.v1\n"
      "{}{}"
      "spec:\n"
      "{}"
      "  install:\n"
      "    spec:\n"
      "      deployments:\n"
      "      - name: otter\n"
      "        spec:\n"
      "          template:\n"
      "            spec:\n"
      "{}",
      annotations.empty() ? "" : "  annotations:\n", indented(annotations, 4), indented(spec, 2),
      indented(pod, 14));
}

std::string container(std::string_view name, std::string_view image) {
  return fmt::format("containers:\n- name: {}\n  image: {}\n", name, image);
}

RegenerateFixture::RegenerateFixture() {
  files.annotations =
      "# what the bundle is\n"
      "annotations:\n"
      "  operators.operatorframework.io.bundle.package.v1: otter  # the name\n"
      "  operators.operatorframework.io.bundle.channels.v1: stable\n";
  order.customizing.rules = bundle::default_core_rules();
}

RegenerateFixture& RegenerateFixture::with(std::string path, std::string text) {
  files.manifests.push_back({std::move(path), std::move(text)});
  return *this;
}

RegenerateFixture& RegenerateFixture::exists(const std::string& pull_spec, char digit) {
  lookup.known_digests[pull_spec] = digest(digit);
  return *this;
}

RegenerateFixture& RegenerateFixture::core(config::CoreCustomizations customizations) {
  order.customizing = {.rules = std::move(customizations), .has_organization = true};
  return *this;
}

RegenerateFixture& RegenerateFixture::later(std::vector<config::Customization> customizations) {
  order.customizing = {.rules = std::move(customizations), .has_organization = true};
  return *this;
}

const bundle::Regenerated& RegenerateFixture::run() {
  return result_.emplace(bundle::regenerate(files, order, lookup, Cancellation{}));
}

bundle::Refusal RegenerateFixture::refusal() {
  try {
    run();
  } catch (const bundle::Refusal& refusal) {
    return refusal;
  }
  throw std::logic_error{"the bundle was not refused"};
}

std::string RegenerateFixture::text(std::string_view path) const {
  for (const auto& file : result_->files) {
    if (file.path == path) return file.text;
  }
  for (const auto& file : files.manifests) {
    if (fmt::format("manifests/{}", file.path) == path) return file.text;
  }
  return files.annotations.value();
}

std::string RegenerateFixture::at(std::string_view pointer, std::string_view path) const {
  const auto document = io::parse_yaml(text(path));
  const auto* node = &document.root();
  while (node != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    std::string step{pointer.substr(0, pointer.find('/'))};
    pointer.remove_prefix(step.size());
    for (auto at = step.find("~1"); at != std::string::npos; at = step.find("~1")) {
      step.replace(at, 2, "/");
    }
    if (node->is_sequence()) {
      const auto index = std::stoul(step);
      node = index < node->resolved().items.size() ? node->resolved().items[index] : nullptr;
    } else {
      node = io::find_merged(*node, step);
    }
  }
  return node == nullptr ? "(nothing)" : bundle::to_json(*node);
}

config::Customization step(config::CustomizationType type, std::map<std::string, std::string> texts,
                           config::OrderedTexts pairs) {
  return {.type = type, .texts = std::move(texts), .pairs = std::move(pairs)};
}

}  // namespace iib::test
