#pragma once

#include "catalog/json_text.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {

/// Writes a JSON object as the serve cache has them: on one line, members in the order given, HTML
/// characters escaped.
class CacheObject {
 public:
  /// A member whose value is JSON.
  void raw(std::string_view key, std::string_view json) {
    text_ += text_.size() > 1 ? "," : "";
    text_ += json_string(key);
    text_ += ':';
    text_ += json;
  }
  void text(std::string_view key, std::string_view value) { raw(key, json_string(value)); }
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
  std::string text_{"{"};
};

}  // namespace iib::catalog::fbc
