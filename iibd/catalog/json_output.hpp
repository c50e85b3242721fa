#pragma once

#include "iib/io/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// Writes JSON text for scripts. Bytes that are not UTF-8 become U+FFFD: names come out of
/// databases that strangers made.
class JsonOutput {
 public:
  void begin_object() { writer_.StartObject(); }
  void end_object() { writer_.EndObject(); }
  void begin_array() { writer_.StartArray(); }
  void end_array() { writer_.EndArray(); }
  /// The name of the next member; a constant of ours.
  void key(std::string_view name);
  /// A string.
  void value(std::string_view text);
  /// A list of strings.
  void value(const std::vector<std::string>& texts);
  void member(std::string_view name, std::string_view text);
  void member(std::string_view name, const char* text) { member(name, std::string_view{text}); }
  void member(std::string_view name, const std::vector<std::string>& texts);
  void member(std::string_view name, bool flag);
  /// What was written.
  [[nodiscard]] std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  rapidjson::StringBuffer buffer_;
  io::JsonWriter writer_{buffer_};
};

}  // namespace iib::catalog
