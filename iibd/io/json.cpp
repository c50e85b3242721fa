#include "iib/io/json.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace iib::io {
namespace {

// Numbers come as text: RapidJSON 1.1 reads 0E44 as 1.9e25 (it normalises a zero mantissa).
constexpr unsigned kParseFlags = rapidjson::kParseValidateEncodingFlag |
                                 rapidjson::kParseNumbersAsStringsFlag |
                                 rapidjson::kParseIterativeFlag;

std::string subject(const JsonOptions& options) {
  return options.name.empty() ? std::string{"JSON"} : options.name;
}

/// The value of `text` as that integer type, if it is one and fits.
template <class Integer>
std::optional<Integer> to_integer(std::string_view text) {
  Integer value = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stopped == end ? std::optional{value} : std::nullopt;
}

/// Passes events on to the document with numbers typed, and stops the parser where nesting is too
/// deep or a number too large.
template <class Handler>
class Guard {
 public:
  Guard(Handler& next, const JsonOptions& options)
      : next_{next}, left_{options.max_depth}, values_left_{options.max_values} {}

  [[nodiscard]] bool too_many() const noexcept { return too_many_; }
  [[nodiscard]] bool too_deep() const noexcept { return too_deep_; }
  [[nodiscard]] bool too_large() const noexcept { return too_large_; }

  bool Null() { return count() && next_.Null(); }
  bool Bool(bool value) { return count() && next_.Bool(value); }
  // RapidJSON needs these to compile, and calls RawNumber.
  bool Int(int value) { return next_.Int(value); }
  bool Uint(unsigned value) { return next_.Uint(value); }
  bool Int64(std::int64_t value) { return next_.Int64(value); }
  bool Uint64(std::uint64_t value) { return next_.Uint64(value); }
  bool Double(double value) { return next_.Double(value); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (!count()) return false;
    const std::string number{text, length};
    if (const auto value = to_integer<std::int64_t>(number)) return next_.Int64(*value);
    if (const auto value = to_integer<std::uint64_t>(number)) return next_.Uint64(*value);
    const double value = std::strtod(number.c_str(), nullptr);
    too_large_ = std::isinf(value);
    return !too_large_ && next_.Double(value);
  }
  bool String(const char* text, rapidjson::SizeType length, bool copy) {
    return count() && next_.String(text, length, copy);
  }
  bool Key(const char* text, rapidjson::SizeType length, bool copy) {
    return count() && next_.Key(text, length, copy);
  }
  bool StartObject() { return enter() && next_.StartObject(); }
  bool EndObject(rapidjson::SizeType members) {
    ++left_;
    return next_.EndObject(members);
  }
  bool StartArray() { return enter() && next_.StartArray(); }
  bool EndArray(rapidjson::SizeType elements) {
    ++left_;
    return next_.EndArray(elements);
  }

 private:
  bool count() {
    too_many_ = values_left_ == 0;
    if (!too_many_) --values_left_;
    return !too_many_;
  }

  bool enter() {
    if (!count()) return false;
    if (left_ == 0) {
      too_deep_ = true;
      return false;
    }
    --left_;
    return true;
  }

  Handler& next_;
  std::size_t left_;
  std::size_t values_left_;
  bool too_many_ = false;
  bool too_deep_ = false;
  bool too_large_ = false;
};

std::string_view key_of(const JsonValue::Member& member) {
  return {member.name.GetString(), member.name.GetStringLength()};
}

bool has_duplicates(const JsonValue& object) {
  constexpr rapidjson::SizeType kFewMembers = 12;  // comparing each with each is faster than a set
  if (object.MemberCount() <= kFewMembers) {
    for (auto one = object.MemberBegin(); one != object.MemberEnd(); ++one) {
      for (auto other = object.MemberBegin(); other != one; ++other) {
        if (key_of(*one) == key_of(*other)) return true;
      }
    }
    return false;
  }
  std::unordered_set<std::string_view> seen;
  for (const auto& member : object.GetObject()) {
    if (!seen.insert(key_of(member)).second) return true;
  }
  return false;
}

/// RapidJSON keeps every pair and finds the first one; everyone else means the last.
void keep_last_members(JsonValue& object, JsonAllocator& allocator) {
  if (!has_duplicates(object)) return;
  std::unordered_map<std::string_view, rapidjson::SizeType> place;
  std::vector<JsonValue::Member*> kept;
  for (auto& member : object.GetObject()) {
    const auto [entry, is_new] =
        place.try_emplace(key_of(member), static_cast<rapidjson::SizeType>(kept.size()));
    if (is_new) {
      kept.push_back(&member);
    } else {
      kept[entry->second] = &member;
    }
  }
  JsonValue result{rapidjson::kObjectType};
  for (auto* member : kept) result.AddMember(member->name, member->value, allocator);
  object = result;
}

/// Recursion is bounded: the parser has refused what is too deep.
void keep_last_members_everywhere(JsonValue& value, JsonAllocator& allocator) {
  if (value.IsArray()) {
    for (auto& element : value.GetArray()) keep_last_members_everywhere(element, allocator);
  } else if (value.IsObject()) {
    for (auto& member : value.GetObject()) keep_last_members_everywhere(member.value, allocator);
    keep_last_members(value, allocator);
  }
}

}  // namespace

void misuse_of_json(const char* condition) {
  throw std::logic_error{fmt::format("misuse of JSON: {}", condition)};
}

JsonDocument parse_json(std::string_view text, const JsonOptions& options) {
  if (text.size() > options.max_bytes) {
    throw UserError{fmt::format("{} is {} bytes long; the limit is {} bytes", subject(options),
                                text.size(), options.max_bytes)};
  }
  // RapidJSON takes a zero byte for the end and would not see what comes after it.
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    throw UserError{fmt::format("{} is not valid: zero byte at offset {}", subject(options), zero)};
  }

  rapidjson::MemoryStream bytes{text.data(), text.size()};
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream{bytes};
  rapidjson::Reader reader;
  bool too_deep = false;
  bool too_many = false;
  bool too_large = false;
  JsonDocument document;
  auto generate = [&](JsonDocument& handler) {
    Guard guard{handler, options};
    const bool done = !reader.Parse<kParseFlags>(stream, guard).IsError();
    too_deep = guard.too_deep();
    too_many = guard.too_many();
    too_large = guard.too_large();
    return done;
  };
  document.Populate(generate);

  if (too_deep) {
    throw UserError{fmt::format("{} is not valid: nested more than {} levels deep at offset {}",
                                subject(options), options.max_depth, reader.GetErrorOffset())};
  }
  if (too_many) {
    throw UserError{fmt::format("{} is not valid: more than {} values before offset {}",
                                subject(options), options.max_values, reader.GetErrorOffset())};
  }
  if (too_large) {
    throw UserError{fmt::format("{} is not valid: the number before offset {} is too large",
                                subject(options), reader.GetErrorOffset())};
  }
  if (reader.HasParseError()) {
    throw UserError{fmt::format("{} is not valid: {} (at offset {})", subject(options),
                                rapidjson::GetParseError_En(reader.GetParseErrorCode()),
                                reader.GetErrorOffset())};
  }
  keep_last_members_everywhere(document, document.GetAllocator());
  return document;
}

const JsonValue* find_member(const JsonValue& object, std::string_view key) {
  if (!object.IsObject()) return nullptr;
  const JsonValue name{
      rapidjson::StringRef(key.data(), static_cast<rapidjson::SizeType>(key.size()))};
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

std::optional<std::string_view> as_text(const JsonValue& value) {
  if (!value.IsString()) return std::nullopt;
  return std::string_view{value.GetString(), value.GetStringLength()};
}

std::optional<std::string_view> text_member(const JsonValue& object, std::string_view key) {
  const auto* member = find_member(object, key);
  return member == nullptr ? std::nullopt : as_text(*member);
}

JsonValue json_text(std::string_view text, JsonAllocator& allocator) {
  return JsonValue{text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator};
}

void add_member(JsonValue& object, std::string_view key, JsonValue value,
                JsonAllocator& allocator) {
  object.AddMember(json_text(key, allocator), value, allocator);
}

std::string to_json(const JsonValue& value) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer{buffer};
  if (!value.Accept(writer)) throw Error{"a number that JSON cannot write (infinite or NaN)"};
  return {buffer.GetString(), buffer.GetSize()};
}

std::string_view json_type_name(const JsonValue& value) {
  switch (value.GetType()) {
    case rapidjson::kNullType:
      return "null";
    case rapidjson::kFalseType:
    case rapidjson::kTrueType:
      return "boolean";
    case rapidjson::kObjectType:
      return "object";
    case rapidjson::kArrayType:
      return "array";
    case rapidjson::kStringType:
      return "string";
    case rapidjson::kNumberType:
      return "number";
  }
  return "value";
}

}  // namespace iib::io
