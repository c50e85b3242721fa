#include "types.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace iib::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// A whole number with one of `units` behind it; the first unit's name may be left out.
std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  while (text.starts_with(' ')) text.remove_prefix(1);
  for (const auto& unit : units) {
    if (text != unit.name && !(text.empty() && &unit == &units.front())) continue;
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (number > kMost / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

/// The text of a number or of a text with a unit.
std::string number_text(const Value& value, std::string_view expected) {
  const auto scalar = value.scalar(expected);
  if (std::holds_alternative<std::int64_t>(scalar)) {
    return std::to_string(std::get<std::int64_t>(scalar));
  }
  return value.text(expected);
}

bool has_blank(std::string_view text) {
  return text.find_first_of(" \t\r\n") != std::string_view::npos;
}

}  // namespace

Type<bool> boolean() {
  constexpr std::string_view kExpected = "`true` or `false`";
  return {std::string{kExpected}, Shape::plain, [kExpected](const Value& value) {
            const auto scalar = value.scalar(kExpected);
            if (!std::holds_alternative<bool>(scalar)) value.fail(kExpected);
            return std::get<bool>(scalar);
          }};
}

Type<int> whole_number(int least, int most) {
  const auto expected = most == std::numeric_limits<int>::max()
                            ? fmt::format("a whole number of at least {}", least)
                            : fmt::format("a whole number from {} to {}", least, most);
  return {expected, Shape::plain, [expected, least, most](const Value& value) {
            const auto scalar = value.scalar(expected);
            const auto* number = std::get_if<std::int64_t>(&scalar);
            if (number == nullptr || *number < least || *number > most) value.fail(expected);
            return static_cast<int>(*number);
          }};
}

Type<std::chrono::seconds> duration(std::chrono::seconds least) {
  constexpr auto kMost =
      static_cast<std::uint64_t>(std::chrono::seconds{std::chrono::years{10}}.count());
  const auto expected = fmt::format(
      "a number of seconds, at least {}, or a text such as `300s`, `30m`, `6h`", least.count());
  return {
      expected, Shape::plain, [expected, least](const Value& value) {
        static constexpr std::array<Unit, 3> kUnits{{{"s", 1}, {"m", 60}, {"h", 3600}}};
        const auto seconds = with_unit(number_text(value, expected), kUnits);
        if (!seconds || *seconds > kMost || *seconds < static_cast<std::uint64_t>(least.count())) {
          value.fail(expected);
        }
        return std::chrono::seconds{*seconds};
      }};
}

Type<std::size_t> byte_size() {
  const std::string expected = "a number of bytes, at least 1, or a text such as `512KiB`, `8MiB`";
  return {expected, Shape::plain, [expected](const Value& value) -> std::size_t {
            static constexpr std::array<Unit, 4> kUnits{
                {{"B", 1}, {"KiB", 1UL << 10U}, {"MiB", 1UL << 20U}, {"GiB", 1UL << 30U}}};
            const auto bytes = with_unit(number_text(value, expected), kUnits);
            if (!bytes || *bytes == 0) value.fail(expected);
            return *bytes;
          }};
}

bool is_registry(const std::string& text) {
  return !text.empty() && !text.ends_with('/') && !text.starts_with('/') &&
         text.find("://") == std::string::npos &&
         text.find_first_of(" \t\r\n@?#") == std::string::npos;
}

Type<std::string> registry_host() {
  return text_that("`host` or `host:port`", [](const std::string& text) {
    return is_registry(text) && text.find('/') == std::string::npos;
  });
}

Type<std::string> text_that(std::string expected, std::function<bool(const std::string&)> accept) {
  return parsed<std::string>(
      std::move(expected),
      [accept = std::move(accept)](const std::string& text) -> std::optional<std::string> {
        if (!accept(text)) return std::nullopt;
        return text;
      });
}

Type<std::string> text() {
  return text_that("a text", [](const std::string& text) { return !text.empty(); });
}

Type<std::string> text_or_empty() {
  return text_that("a text", [](const std::string&) { return true; });
}

Type<std::filesystem::path> path() {
  return parsed<std::filesystem::path>(
      "a path", [](const std::string& text) -> std::optional<std::filesystem::path> {
        if (text.empty() || text.find('\0') != std::string::npos) return std::nullopt;
        return text;
      });
}

Type<std::string> url(std::vector<std::string> schemes) {
  std::string expected = "a URL that begins with ";
  for (const auto& scheme : schemes) {
    expected += fmt::format("{}`{}://`", scheme == schemes.front() ? "" : " or ", scheme);
  }
  return parsed<std::string>(
      expected, [schemes](const std::string& text) -> std::optional<std::string> {
        const auto scheme = std::find_if(schemes.begin(), schemes.end(), [&](const auto& allowed) {
          return text.starts_with(allowed + "://");
        });
        if (scheme == schemes.end() || has_blank(text)) return std::nullopt;
        const auto rest = text.find_last_not_of('/');
        if (rest < scheme->size() + 1) return std::nullopt;  // nothing after the slashes
        return text.substr(0, rest + 1);
      });
}

Type<LogLevel> log_level() {
  auto type = parsed<LogLevel>(
      "one of `DEBUG`, `INFO`, `WARNING`, `ERROR`",
      [](const std::string& text) -> std::optional<LogLevel> {
        std::string word = text;
        std::transform(word.begin(), word.end(), word.begin(), [](char letter) {
          return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
        });
        if (word == "DEBUG") return LogLevel::debug;
        if (word == "INFO") return LogLevel::info;
        if (word == "WARNING") return LogLevel::warning;
        // The originals know CRITICAL too; nothing of ours is more than an error.
        if (word == "ERROR" || word == "CRITICAL") return LogLevel::error;
        return std::nullopt;
      });
  return type;
}

std::string key_text(const Value& map, const io::YamlNode& key,
                     std::optional<std::string_view> for_null) {
  const auto value = map.within(key, fmt::format("a key of {}", map.key()));
  if (for_null && value.is_null()) return std::string{*for_null};
  return value.text(for_null ? "a text or null" : "a text");
}

}  // namespace iib::config
