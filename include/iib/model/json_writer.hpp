#pragma once

#include "iib/io/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::model {

/// Writes JSON text piece by piece, without a tree in between: documents are most of what the
/// daemon answers. Bytes that are not UTF-8 (the tail of a tool's output in a reason) become
/// U+FFFD, so the text is always valid. Not shared between threads.
class JsonWriter {
 public:
  /// `{`; the members follow as key() and value(), or as member().
  void begin_object() { writer_.StartObject(); }
  /// `}`.
  void end_object() { writer_.EndObject(); }
  /// `[`; the elements follow as value().
  void begin_array() { writer_.StartArray(); }
  /// `]`.
  void end_array() { writer_.EndArray(); }
  /// The name of the next member.
  void key(std::string_view name);

  /// A string.
  void value(std::string_view text);
  /// A string; without this a literal would become a boolean.
  void value(const char* text) { value(std::string_view{text}); }
  /// A number.
  void value(std::int64_t number) { writer_.Int64(number); }
  /// A boolean.
  void value(bool flag) { writer_.Bool(flag); }
  /// An array of strings.
  void value(const std::vector<std::string>& texts);
  /// The value, or null.
  template <class Value>
  void value(const std::optional<Value>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      writer_.Null();
    }
  }
  /// JSON text that was checked when it came in.
  void raw(std::string_view json);

  /// key() and value().
  template <class Value>
  void member(std::string_view name, const Value& content) {
    key(name);
    value(content);
  }

  /// What was written.
  [[nodiscard]] std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace iib::model
