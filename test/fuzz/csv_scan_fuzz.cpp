#include "bundle/csv_scan.hpp"
#include "iib/bundle/inspection.hpp"
#include "iib/bundle/refusal.hpp"
#include "iib/io/yaml_edit.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

// The input is a manifest. What is found in it must stand where it is said to stand.

namespace {

using iib::bundle::Entry;
using iib::bundle::Manifest;
using iib::io::YamlNode;
using iib::io::YamlPath;

const YamlNode* node_at(const YamlNode& root, const YamlPath& path) {
  const YamlNode* node = &root;
  for (const auto& step : path) {
    if (const auto* key = std::get_if<std::string>(&step)) {
      node = iib::io::find_merged(*node, *key);
      if (node == nullptr) return nullptr;
    } else {
      const auto items = node->resolved().items;
      if (std::get<std::size_t>(step) >= items.size()) return nullptr;
      node = items[std::get<std::size_t>(step)];
    }
  }
  return node;
}

void check(const Manifest& csv, const Entry& entry) {
  const auto* text = iib::bundle::as_string(node_at(csv.document.root(), entry.place));
  if (text == nullptr || entry.offset > text->value.size()) std::abort();
  if (text->value.substr(entry.offset, entry.text.size()) != entry.text) std::abort();
  if (entry.image != iib::bundle::ImageName::parse(entry.text)) std::abort();
  const bool piece = entry.kind == iib::bundle::EntryKind::guessed_annotation;
  if (!piece && entry.text != text->value) std::abort();
}

/// Whether the manifest is one that a regeneration takes.
bool scan(const std::string& text) {
  try {
    const auto manifest = iib::bundle::parse_manifest({"a.yaml", text});
    if (!manifest.is_csv) return true;
    static_cast<void>(iib::bundle::has_related_images(manifest));
    for (const auto& entry : iib::bundle::find_entries(manifest)) check(manifest, entry);
    return true;
  } catch (const iib::bundle::Refusal& refusal) {
    if (refusal.file() != "manifests/a.yaml") std::abort();
    if (std::string_view{refusal.what()}.find("manifests/a.yaml") != 0) std::abort();
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(bytes), size};
  const bool taken = scan(text);
  const auto inspection = iib::bundle::inspect({{{"a.yaml", text}}, text});
  bool complained = false;
  for (const auto& problem : inspection.problems) {
    if (problem.file == "manifests/a.yaml" && problem.code != "related_images_conflict" &&
        problem.code != "related_images_and_envs") {
      complained = true;
    }
  }
  if (taken == complained) std::abort();
  return 0;
}
