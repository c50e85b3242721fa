#include "catalog/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace iib::catalog {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kLineSeparator = "\xe2\x80\xa8";
constexpr std::string_view kParagraphSeparator = "\xe2\x80\xa9";

/// The digits and the decimal exponent of a number d.ddd x 10^exponent.
struct Decimal {
  bool negative = false;
  std::string digits;
  int exponent = 0;
};

template <class Float>
Decimal shortest(Float number) {
  std::array<char, 64> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                     std::chars_format::scientific);
  std::string_view text{buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data())};
  Decimal result;
  if (text.front() == '-') {
    result.negative = true;
    text.remove_prefix(1);
  }
  const auto e = text.find('e');
  for (const char c : text.substr(0, e)) {
    if (c != '.') result.digits += c;
  }
  auto exponent = text.substr(e + 1);
  if (exponent.front() == '+') exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), result.exponent);
  return result;
}

std::string plain(const Decimal& decimal) {
  std::string text = decimal.negative ? "-" : "";
  if (decimal.exponent < 0) {
    text += "0.";
    text.append(static_cast<std::size_t>(-decimal.exponent - 1), '0');
    return text + decimal.digits;
  }
  const auto whole = static_cast<std::size_t>(decimal.exponent) + 1;
  if (decimal.digits.size() <= whole) {
    text += decimal.digits;
    return text.append(whole - decimal.digits.size(), '0');
  }
  return text + decimal.digits.substr(0, whole) + "." + decimal.digits.substr(whole);
}

std::string with_exponent(const Decimal& decimal, int least_exponent_digits) {
  std::string text = decimal.negative ? "-" : "";
  text += decimal.digits.front();
  if (decimal.digits.size() > 1) text += "." + decimal.digits.substr(1);
  return text + fmt::format("e{}{:0{}}", decimal.exponent < 0 ? '-' : '+',
                            std::abs(decimal.exponent), least_exponent_digits);
}

/// Appends the escape for what begins at `text[at]` and returns how many bytes it stands for; 0
/// when nothing there needs one. Quotes and backslashes are the caller's.
std::size_t append_escape(std::string& out, std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte == '<' || byte == '>' || byte == '&' || byte < 0x20) {
    out += fmt::format("\\u{:04x}", byte);
    return 1;
  }
  if (byte != 0xe2) return 0;
  const auto character = text.substr(at, 3);
  if (character != kLineSeparator && character != kParagraphSeparator) return 0;
  out += character == kLineSeparator ? "\\u2028" : "\\u2029";
  return 3;
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const auto named = "\"\"\\\\\nn\rr\tt"sv;
    std::size_t at = 0;
    while (at < named.size() && named[at] != c) at += 2;
    if (at < named.size()) {
      out += '\\';
      out += named[at + 1];
      ++i;
    } else if (const auto escaped = append_escape(out, text, i); escaped > 0) {
      i += escaped;
    } else {
      out += c;
      ++i;
    }
  }
  out += '"';
}

std::string_view text_of(const io::JsonValue& value) {
  return {value.GetString(), value.GetStringLength()};
}

void append(std::string& out, const io::JsonValue& value);

void append_object(std::string& out, const io::JsonValue& object) {
  std::vector<const io::JsonValue::Member*> members;
  members.reserve(object.MemberCount());
  for (const auto& member : object.GetObject()) members.push_back(&member);
  std::sort(members.begin(), members.end(),
            [](const auto* a, const auto* b) { return text_of(a->name) < text_of(b->name); });
  out += '{';
  for (const auto* member : members) {
    if (member != members.front()) out += ',';
    append_string(out, text_of(member->name));
    out += ':';
    append(out, member->value);
  }
  out += '}';
}

void append(std::string& out, const io::JsonValue& value) {
  if (value.IsObject()) return append_object(out, value);
  if (value.IsArray()) {
    out += '[';
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
      if (i > 0) out += ',';
      append(out, value[i]);
    }
    out += ']';
  } else if (value.IsString()) {
    append_string(out, text_of(value));
  } else if (value.IsBool()) {
    out += value.GetBool() ? "true" : "false";
  } else if (value.IsInt64()) {
    out += fmt::format("{}", value.GetInt64());
  } else if (value.IsNumber()) {
    out += json_number(value.GetDouble());
  } else {
    out += "null";
  }
}

/// The length of the valid UTF-8 sequence at the start of `bytes`, or 0.
std::size_t utf8_length(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
  // The second byte rules out overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  return length;
}

}  // namespace

std::string canonical_json(const io::JsonValue& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

std::string json_number(double number) {
  if (number == 0) return "0";
  const auto decimal = shortest(number);
  const bool decimal_form = decimal.exponent >= -6 && decimal.exponent < 21;
  return decimal_form ? plain(decimal) : with_exponent(decimal, 1);
}

std::string float_as_text(double number) {
  const auto single = static_cast<float>(number);
  if (std::isinf(single)) return single < 0 ? "-Inf" : "+Inf";
  if (single == 0) return std::signbit(single) ? "-0" : "0";
  const auto decimal = shortest(single);
  const bool decimal_form = decimal.exponent >= -4 && decimal.exponent < 6;
  return decimal_form ? plain(decimal) : with_exponent(decimal, 2);
}

std::string compact_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    if (!in_string && kBlanks.find(text[i]) != std::string_view::npos) {
      ++i;
      continue;
    }
    if (in_string) {
      if (const auto escaped = append_escape(out, text, i); escaped > 0) {
        i += escaped;
        continue;
      }
      if (text[i] == '\\' && i + 1 < text.size())
        out += text[i++];
      else if (text[i] == '"')
        in_string = false;
    } else if (text[i] == '"') {
      in_string = true;
    }
    out += text[i++];
  }
  return out;
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto length = utf8_length(bytes);
    out += length > 0 ? bytes.substr(0, length) : "\xef\xbf\xbd"sv;
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace iib::catalog
