#include "iib/model/json_writer.hpp"

namespace iib::model {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// How many bytes at `at` form one valid UTF-8 character (Unicode 15, table 3-7); 0 for none.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t offset) {
    return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0U;
  };
  const auto follows = [&](std::size_t offset, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(offset) >= low && byte(offset) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    // Neither overlong forms nor the halves of surrogate pairs.
    const bool second = follows(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = follows(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/// Where the first byte stands that belongs to no valid character.
std::size_t first_invalid(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto length = character_length(text, at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

std::string repaired(std::string_view text) {
  std::string good;
  while (!text.empty()) {
    const auto valid = first_invalid(text);
    good += text.substr(0, valid);
    text.remove_prefix(valid);
    if (text.empty()) break;
    good += kReplacement;
    text.remove_prefix(1);
  }
  return good;
}

}  // namespace

void JsonWriter::key(std::string_view name) {
  writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

void JsonWriter::value(std::string_view text) {
  if (first_invalid(text) != text.size()) {
    const auto good = repaired(text);
    writer_.String(good.data(), static_cast<rapidjson::SizeType>(good.size()));
    return;
  }
  // RapidJSON refuses a null pointer even for an empty text.
  writer_.String(text.empty() ? "" : text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void JsonWriter::value(const std::vector<std::string>& texts) {
  begin_array();
  for (const auto& text : texts) value(text);
  end_array();
}

void JsonWriter::raw(std::string_view json) {
  writer_.RawValue(json.data(), json.size(), rapidjson::kObjectType);
}

}  // namespace iib::model
