#pragma once

#include "catalog/fbc/json_form.hpp"
#include "catalog/json_text.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {

/// How texts are written: with the escapes of catalog-fbc 1.5, or those of HTML characters, too.
enum class JsonEscapes { plain, html };

/// Writes a JSON object on one line, members in the order given.
template <JsonEscapes escapes>
class EscapedJsonObject {
 public:
  /// A member whose value is valid JSON.
  void raw(std::string_view key, std::string_view json) {
    text_ += text_.size() > 1 ? "," : "";
    text_ += quoted(key);
    text_ += ':';
    text_ += json;
  }
  void text(std::string_view key, std::string_view value) { raw(key, quoted(value)); }
  void text_if_any(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  /// A list of JSON values, unless it is empty.
  void list_if_any(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string list;
    for (const auto& value : values) {
      list += list.empty() ? '[' : ',';
      list += value;
    }
    raw(key, list + ']');
  }
  [[nodiscard]] std::string take() {
    text_ += '}';
    return std::move(text_);
  }

 private:
  static std::string quoted(std::string_view text) {
    return escapes == JsonEscapes::html ? json_string(text) : plain_json_string(text);
  }

  std::string text_{"{"};
};

/// As catalogs have them.
using JsonObject = EscapedJsonObject<JsonEscapes::plain>;
/// As the serve cache has them.
using CacheObject = EscapedJsonObject<JsonEscapes::html>;

/// A JSON list of what `write` makes of each of `elements`.
template <class List, class Write>
[[nodiscard]] std::string json_list(const List& elements, const Write& write) {
  std::string text{"["};
  for (const auto& element : elements) {
    if (text.size() > 1) text += ',';
    text += write(element);
  }
  text += ']';
  return text;
}

}  // namespace iib::catalog::fbc
