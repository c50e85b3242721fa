#pragma once

#include "iib/io/yaml_edit.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace iib::io::test {

/// As manifests are read: a key given twice is refused.
inline YamlDocument parse_strictly(std::string_view text) {
  return parse_yaml(text, {.duplicates = DuplicateKeys::refuse});
}

/// `text` after what `ask` asks of its edit.
template <class Ask>
std::string edited(std::string_view text, Ask ask) {
  const auto document = parse_strictly(text);
  YamlEdit edit{text, document};
  ask(edit);
  return edit.text();
}

/// What stands at `place`; null when nothing does.
inline const YamlNode* find_place(const YamlNode& root, const YamlPath& place) {
  const YamlNode* node = &root;
  for (const auto& step : place) {
    if (node == nullptr) return nullptr;
    if (const auto* key = std::get_if<std::string>(&step)) {
      node = find_merged(*node, *key);
    } else {
      const auto items = node->resolved().items;
      const auto index = std::get<std::size_t>(step);
      node = index < items.size() ? items[index] : nullptr;
    }
  }
  return node;
}

/// `text` with the string at `place` replaced as a whole.
inline std::string replaced(std::string_view text, const YamlPath& place, std::string_view by) {
  const auto document = parse_strictly(text);
  const auto length = find_place(document.root(), place)->resolved().value.size();
  return edited(text, [&](YamlEdit& edit) { edit.replace(place, 0, length, by); });
}

/// `text` with the first `old` in the string at `place` replaced.
inline std::string with_piece(std::string_view text, const YamlPath& place, std::string_view old,
                              std::string_view by) {
  const auto document = parse_strictly(text);
  const auto offset = find_place(document.root(), place)->resolved().value.find(old);
  return edited(text, [&](YamlEdit& edit) { edit.replace(place, offset, old.size(), by); });
}

/// `text` with a pair set.
inline std::string with_pair(std::string_view text, const YamlPath& mapping, std::string_view key,
                             const YamlValue& value) {
  return edited(text, [&](YamlEdit& edit) { edit.set(mapping, key, value); });
}

/// The text at `place`, as a reader of values sees it.
inline std::string value_at(std::string_view text, const YamlPath& place) {
  const auto document = parse_strictly(text);
  const auto* node = find_place(document.root(), place);
  return node == nullptr ? "(nothing)" : std::string{node->resolved().value};
}

/// A relatedImages list of one.
inline YamlValue one_image() {
  return {
      YamlValue::List{{YamlValue::Map{{"name", {"web"}}, {"image", {"quay.io/a/web@sha256:00"}}}}}};
}

}  // namespace iib::io::test
