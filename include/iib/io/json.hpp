#pragma once

namespace iib::io {

/// Throws std::logic_error: what is asked of a JSON value is not what it is.
[[noreturn]] void misuse_of_json(const char* condition);

}  // namespace iib::io

// RapidJSON is configured here and nowhere else: include this header instead of RapidJSON's own.
// A wrong use (reading a number as text, say) throws instead of ending the daemon.
#define RAPIDJSON_HAS_STDSTRING 1
#define RAPIDJSON_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : iib::io::misuse_of_json(#condition))

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iib::io {

/// A JSON value; lives no longer than its document.
using JsonValue = rapidjson::Value;
/// A JSON document: its root value and the memory of all values in it.
using JsonDocument = rapidjson::Document;
/// What copies of texts are made with (`document.GetAllocator()`).
using JsonAllocator = JsonDocument::AllocatorType;
/// Writes JSON piece by piece, without building values.
using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

/// Bounds and names of parse_json().
struct JsonOptions {
  /// Names the text in errors; may be empty.
  std::string name{};
  /// The longest text.
  std::size_t max_bytes = 64UL << 20U;
  /// The deepest nesting of collections.
  std::size_t max_depth = 256;
  /// Values and keys.
  std::size_t max_values = 4'000'000;
};

/// Parses the one JSON value that `text` is. Of a key given twice the last value stays. Throws
/// UserError with the byte offset for bad syntax, bytes that are not UTF-8, anything after the
/// value, or a bound exceeded.
[[nodiscard]] JsonDocument parse_json(std::string_view text, const JsonOptions& options = {});

/// The member `key` of `object`, or null when absent or `object` is no object.
[[nodiscard]] const JsonValue* find_member(const JsonValue& object, std::string_view key);

/// The text of a JSON string, or nothing for another type.
[[nodiscard]] std::optional<std::string_view> as_text(const JsonValue& value);

/// The member `key` if it is a string.
[[nodiscard]] std::optional<std::string_view> text_member(const JsonValue& object,
                                                          std::string_view key);

/// A string value with a copy of `text` in it.
[[nodiscard]] JsonValue json_text(std::string_view text, JsonAllocator& allocator);

/// Puts `value` into `object` under a copy of `key`, which must not be there yet.
void add_member(JsonValue& object, std::string_view key, JsonValue value, JsonAllocator& allocator);

/// `value` as compact JSON text (UTF-8, nothing escaped that need not be).
[[nodiscard]] std::string to_json(const JsonValue& value);

/// `object`, `array`, `string`, `number`, `boolean` or `null`: what errors call the value.
[[nodiscard]] std::string_view json_type_name(const JsonValue& value);

}  // namespace iib::io
