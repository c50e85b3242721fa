#include "iib/io/yaml_edit.hpp"

#include "yaml_edit_apply.hpp"
#include "yaml_edit_change.hpp"
#include "yaml_edit_source.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::io {

std::string json_pointer(const YamlPath& path) {
  std::string pointer;
  for (const auto& step : path) {
    pointer += '/';
    if (const auto* index = std::get_if<std::size_t>(&step)) {
      pointer += fmt::format("{}", *index);
      continue;
    }
    for (const char byte : std::get<std::string>(step)) {
      if (byte == '~') {
        pointer += "~0";
      } else if (byte == '/') {
        pointer += "~1";
      } else {
        pointer += byte;
      }
    }
  }
  return pointer;
}

YamlEdit::YamlEdit(std::string_view text, const YamlDocument& document)
    : text_{text}, document_{document} {}

void YamlEdit::replace(const YamlPath& place, std::size_t offset, std::size_t length,
                       std::string_view by) {
  replacements_.push_back({place, offset, length, std::string{by}});
}

void YamlEdit::set(const YamlPath& mapping, std::string_view key, YamlValue value) {
  settings_.push_back({mapping, std::string{key}, std::move(value)});
}

bool YamlEdit::empty() const noexcept {
  return replacements_.empty() && settings_.empty();
}

YamlEdit::Result YamlEdit::result() const {
  edit::ChangeTree tree{document_};
  for (const auto& [place, offset, length, by] : replacements_) {
    tree.replace(place, {offset, length, by});
  }
  for (const auto& [mapping, key, value] : settings_) tree.set(mapping, key, value);
  const auto* change = tree.finish();
  if (change == nullptr) return {std::string{text_}, parse_yaml(text_)};
  auto text = edit::apply(edit::Source{text_}, document_.root(), *change);
  auto document = edit::verify(document_.root(), *change, text);
  return {std::move(text), std::move(document)};
}

}  // namespace iib::io
