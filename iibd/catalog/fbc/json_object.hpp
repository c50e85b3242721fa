#pragma once

#include "catalog/fbc/json_form.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace iib::catalog::fbc {

/// Writes a JSON object on one line, members in the order given.
class JsonObject {
 public:
  /// A member whose value is valid JSON.
  void raw(std::string_view key, std::string_view json) {
    text_ += text_.empty() ? "{" : ",";
    text_ += plain_json_string(key);
    text_ += ':';
    text_ += json;
  }
  void text(std::string_view key, std::string_view value) { raw(key, plain_json_string(value)); }
  void text_if_any(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  [[nodiscard]] std::string take() {
    if (text_.empty()) return "{}";
    text_ += '}';
    return std::move(text_);
  }

 private:
  std::string text_;
};

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
