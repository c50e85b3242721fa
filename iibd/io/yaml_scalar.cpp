#include "iib/base/error.hpp"
#include "iib/io/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <optional>

namespace iib::io {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";
constexpr std::string_view kDigits = "0123456789";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> texts) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

/// Takes leading characters of `set` off `text` and tells how many there were.
std::size_t take(std::string_view& text, std::string_view set) {
  const auto count = std::min(text.find_first_not_of(set), text.size());
  text.remove_prefix(count);
  return count;
}

bool take_sign(std::string_view& text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  text.remove_prefix(1);
  return true;
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool looks_like_float(std::string_view text) {
  take_sign(text);
  const bool whole = take(text, kDigits) > 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (take(text, kDigits) == 0 && !whole) return false;
  } else if (!whole) {
    return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    take_sign(text);
    if (take(text, kDigits) == 0) return false;
  }
  return text.empty();
}

/// The number that `text`, which looks like one, denotes; nothing when it is too large.
std::optional<double> float_of(const std::string& text) {
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto result = std::from_chars(begin, text.data() + text.size(), value);
  if (result.ec == std::errc{}) return value;
  value = std::strtod(begin, nullptr);  // from_chars does not say which range was left
  if (std::isinf(value)) return std::nullopt;
  return value;
}

/// `digits` in `base` with the sign; unsigned when it is positive, unsigned is allowed, and only
/// that fits.
std::optional<YamlScalar> integer_of(std::string_view digits, int base, bool negative,
                                     bool allow_unsigned) {
  std::uint64_t magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, magnitude, base);
  if (digits.empty() || result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (negative) {
    if (magnitude > kMax + 1) return std::nullopt;
    return static_cast<std::int64_t>(0 - magnitude);
  }
  if (magnitude <= kMax) return static_cast<std::int64_t>(magnitude);
  if (!allow_unsigned) return std::nullopt;
  return magnitude;
}

double infinity(bool negative) {
  const double value = std::numeric_limits<double>::infinity();
  return negative ? -value : value;
}

/// The words that gopkg.in/yaml.v2 knows (catalog-sqlite 3.4).
std::optional<YamlScalar> go_word(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return YamlNull{};
  if (is_one_of(text, {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"})) {
    return true;
  }
  if (is_one_of(text,
                {"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"})) {
    return false;
  }
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  if (is_one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return infinity(false);
  if (is_one_of(text, {"-.inf", "-.Inf", "-.INF"})) return infinity(true);
  return std::nullopt;
}

std::optional<YamlScalar> go_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool sign = take_sign(text);
  int base = 10;
  if (text.size() > 1 && text.front() == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  return integer_of(text, base, negative, !sign);
}

/// An untagged plain scalar, or a tagged one of whatever style.
YamlScalar go_value(std::string_view text) {
  if (auto word = go_word(text)) return *std::move(word);
  const char first = text.front();
  if (first == '.') {
    if (looks_like_float(text)) {
      if (const auto value = float_of(std::string{text})) return *value;
    }
  } else if (first == '+' || first == '-' || kDigits.find(first) != std::string_view::npos) {
    std::string number{text};
    std::erase(number, '_');
    if (auto integer = go_integer(number)) return *std::move(integer);
    if (looks_like_float(number)) {
      if (const auto value = float_of(number)) return *value;
    }
  }
  return std::string{text};
}

std::optional<YamlScalar> core_integer(std::string_view text) {
  if (text.starts_with("0o")) return integer_of(text.substr(2), 8, false, true);
  if (text.starts_with("0x")) return integer_of(text.substr(2), 16, false, true);
  const bool negative = text.starts_with('-');
  take_sign(text);
  if (text.find_first_not_of(kDigits) != std::string_view::npos) return std::nullopt;
  return integer_of(text, 10, negative, true);
}

YamlScalar core_value(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return YamlNull{};
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  std::string_view unsigned_text = text;
  take_sign(unsigned_text);
  if (is_one_of(unsigned_text, {".inf", ".Inf", ".INF"})) return infinity(text.front() == '-');
  if (auto integer = core_integer(text)) return *std::move(integer);
  if (looks_like_float(text)) {
    return float_of(std::string{text}).value_or(infinity(text.front() == '-'));
  }
  return std::string{text};
}

/// Takes one or two digits off `text`; nothing when their number is not within the limits.
std::optional<int> take_number(std::string_view& text, int lowest, int highest) {
  const auto count = std::min<std::size_t>(
      {2, std::min(text.find_first_not_of(kDigits), text.size()), text.size()});
  int number = -1;
  std::from_chars(text.data(), text.data() + count, number);
  text.remove_prefix(count);
  if (number < lowest || number > highest) return std::nullopt;
  return number;
}

bool take_one_of(std::string_view& text, std::string_view set) {
  if (text.empty() || set.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// `2001-12-14`, a day that exists.
bool take_date(std::string_view& text) {
  std::string_view rest = text;
  if (take(rest, kDigits) != 4) return false;
  int year = 0;
  std::from_chars(text.data(), text.data() + 4, year);
  text = rest;
  if (!take_one_of(text, "-")) return false;
  const auto month = take_number(text, 1, 12);
  if (!month || !take_one_of(text, "-")) return false;
  const auto day = take_number(text, 1, 31);
  return day && std::chrono::year_month_day{std::chrono::year{year},
                                            std::chrono::month{static_cast<unsigned>(*month)},
                                            std::chrono::day{static_cast<unsigned>(*day)}}
                    .ok();
}

/// `21:59:43.10`
bool take_time(std::string_view& text) {
  if (!take_number(text, 0, 23) || !take_one_of(text, ":")) return false;
  if (!take_number(text, 0, 59) || !take_one_of(text, ":")) return false;
  if (!take_number(text, 0, 59)) return false;
  if (take_one_of(text, ".,")) return take(text, kDigits) > 0;
  return true;
}

/// `Z` or `-05:00`
bool take_zone(std::string_view& text) {
  if (take_one_of(text, "Z")) return true;
  if (!take_one_of(text, "+-") || text.size() < 5 || text[2] != ':') return false;
  return take(text, kDigits) == 2 && take_one_of(text, ":") && take(text, kDigits) == 2;
}

/// Whether `text` is a day, or a day and a time as gopkg.in/yaml.v2 knows them. That is all that we
/// need to know of a !!timestamp, whose value stays text.
bool is_timestamp(std::string_view text) {
  if (!take_date(text)) return false;
  if (text.empty()) return true;
  if (take_one_of(text, " ")) return take_time(text) && text.empty();
  return take_one_of(text, "Tt") && take_time(text) && take_zone(text) && text.empty();
}

/// Standard base64 with padding, line breaks left out; nothing when it is not that.
std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string decoded;
  std::uint32_t bits = 0;
  int count = 0;
  int padding = 0;
  for (const char letter : text) {
    if (letter == '\n' || letter == '\r') continue;
    if (letter == '=') {
      ++padding;
      continue;
    }
    const auto value = kAlphabet.find(letter);
    if (value == std::string_view::npos || padding > 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    if (++count % 4 == 0) {
      for (const unsigned shift : {16U, 8U, 0U}) {
        decoded += static_cast<char>((bits >> shift) & 0xFFU);
      }
      bits = 0;
    }
  }
  const int rest = count % 4;
  if (rest == 1 || padding != (4 - rest) % 4) return std::nullopt;
  if (rest >= 2) decoded += static_cast<char>((bits >> (rest == 2 ? 4U : 10U)) & 0xFFU);
  if (rest == 3) decoded += static_cast<char>((bits >> 2U) & 0xFFU);
  return decoded;
}

YamlScalar untagged(std::string_view text, Typing typing) {
  switch (typing) {
    case Typing::go_yaml_1_1:
      return go_value(text);
    case Typing::core_1_2:
      return core_value(text);
  }
  return std::string{text};
}

/// The value of a scalar with the standard tag `type`; nothing when the text does not fit the tag.
std::optional<YamlScalar> tagged(std::string_view type, std::string_view text, Typing typing) {
  if (type == "binary") {
    if (auto bytes = from_base64(text)) return *std::move(bytes);
    return std::nullopt;
  }
  if (type == "timestamp") {
    if (is_timestamp(text)) return std::string{text};
    return std::nullopt;
  }
  if (!is_one_of(type, {"null", "bool", "int", "float"})) return std::string{text};
  YamlScalar value = untagged(text, typing);
  const bool integer = std::holds_alternative<std::int64_t>(value);
  if (type == "null" && std::holds_alternative<YamlNull>(value)) return value;
  if (type == "bool" && std::holds_alternative<bool>(value)) return value;
  if (type == "int" && (integer || std::holds_alternative<std::uint64_t>(value))) return value;
  if (type == "float" && std::holds_alternative<double>(value)) return value;
  if (type == "float" && integer) return static_cast<double>(std::get<std::int64_t>(value));
  return std::nullopt;
}

}  // namespace

YamlScalar resolve(const YamlNode& node, Typing typing) {
  const YamlNode& scalar = node.resolved();
  if (scalar.kind != YamlKind::scalar) {
    throw UserError{fmt::format("{}: a single value was expected, not a {}",
                                yaml_position({}, node),
                                scalar.kind == YamlKind::mapping ? "mapping" : "sequence")};
  }
  if (scalar.tag.empty()) {
    return scalar.implicit ? untagged(scalar.value, typing) : std::string{scalar.value};
  }
  if (!scalar.tag.starts_with(kTagPrefix)) return std::string{scalar.value};
  const auto type = scalar.tag.substr(kTagPrefix.size());
  auto value = tagged(type, scalar.value, typing);
  if (!value) {
    throw UserError{fmt::format("{}: '{}' is not of the type that its tag !!{} says",
                                yaml_position({}, node), scalar.value, type)};
  }
  return *std::move(value);
}

}  // namespace iib::io
