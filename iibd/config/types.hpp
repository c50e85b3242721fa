#pragma once

#include "iib/base/log.hpp"
#include "iib/config/config.hpp"
#include "value.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::config {

/// Whether an environment variable holds the value itself or YAML text.
enum class Shape { plain, collection };

/// A type of option values: what it is called in documents and errors, and how it is read.
template <class T>
struct Type {
  std::string expected;
  Shape shape = Shape::plain;
  std::function<T(const Value&)> read;
};

[[nodiscard]] Type<bool> boolean();
[[nodiscard]] Type<int> whole_number(int least, int most = std::numeric_limits<int>::max());
/// Seconds, or a text such as `30m`, of at least `least`.
[[nodiscard]] Type<std::chrono::seconds> duration(std::chrono::seconds least);
/// Bytes, or a text such as `8MiB`.
[[nodiscard]] Type<std::size_t> byte_size();
/// A text that is not empty.
[[nodiscard]] Type<std::string> text();
/// A text that may be empty, which means: not set.
[[nodiscard]] Type<std::string> text_or_empty();
/// A path; `~/` is the home directory. Placeholders are filled in once all options are read.
[[nodiscard]] Type<std::filesystem::path> path();
/// A URL of one of `schemes`, without a final slash.
[[nodiscard]] Type<std::string> url(std::vector<std::string> schemes);
[[nodiscard]] Type<LogLevel> log_level();

/// A text that `accept` turns into a value or refuses.
template <class T>
[[nodiscard]] Type<T> parsed(std::string expected,
                             std::function<std::optional<T>(const std::string&)> accept) {
  return {expected, Shape::plain, [expected, accept](const Value& value) {
            auto result = accept(value.text(expected));
            if (!result) value.fail(expected);
            return *std::move(result);
          }};
}

/// Whether `text` can be a registry, perhaps with a path behind the host.
[[nodiscard]] bool is_registry(const std::string& text);
/// `host` or `host:port` of a registry.
[[nodiscard]] Type<std::string> registry_host();

/// A text that `accept` finds right.
[[nodiscard]] Type<std::string> text_that(std::string expected,
                                          std::function<bool(const std::string&)> accept);

/// One of a few words.
template <class T>
[[nodiscard]] Type<T> one_of(std::vector<std::pair<std::string, T>> words) {
  std::string expected;
  for (const auto& [word, value] : words) expected += (expected.empty() ? "`" : ", `") + word + "`";
  if (words.size() > 1) expected = "one of " + expected;
  return parsed<T>(expected, [words](const std::string& text) -> std::optional<T> {
    for (const auto& [word, value] : words) {
      if (word == text) return value;
    }
    return std::nullopt;
  });
}

/// The same, for a member that may be unset.
template <class T>
[[nodiscard]] Type<std::optional<T>> optional(Type<T> type) {
  return {type.expected, type.shape,
          [read = type.read](const Value& value) { return std::optional<T>{read(value)}; }};
}

template <class T>
[[nodiscard]] Type<std::vector<T>> list_of(Type<T> element) {
  const auto expected = fmt::format("a list, each element {}", element.expected);
  return {expected, Shape::collection, [element, expected](const Value& value) {
            if (value.node().kind != io::YamlKind::sequence) value.fail(expected);
            std::vector<T> elements;
            for (const auto* item : value.node().items) {
              const auto key = fmt::format("element {} of {}", elements.size() + 1, value.key());
              elements.push_back(element.read(value.within(*item, key)));
            }
            return elements;
          }};
}

template <class T>
[[nodiscard]] Type<std::vector<T>> one_or_list_of(Type<T> element) {
  const auto list = list_of(element);
  const auto expected = fmt::format("{}, or a list of such", element.expected);
  return {expected, Shape::collection, [element, list](const Value& value) {
            if (value.node().kind == io::YamlKind::scalar) {
              return std::vector<T>{element.read(value)};
            }
            return list.read(value);
          }};
}

/// The text of a map's key. A null key is refused unless `for_null` says what it means.
[[nodiscard]] std::string key_text(const Value& map, const io::YamlNode& key,
                                   std::optional<std::string_view> for_null = std::nullopt);

/// A map from text. Should two keys mean the same after all (null and its meaning), it is refused.
template <class T>
[[nodiscard]] Type<std::map<std::string, T>> map_of(
    Type<T> element, std::optional<std::string_view> null_key = std::nullopt) {
  const auto expected = fmt::format("a map, each value {}", element.expected);
  return {expected, Shape::collection, [element, expected, null_key](const Value& value) {
            if (value.node().kind != io::YamlKind::mapping) value.fail(expected);
            std::map<std::string, T> elements;
            for (const auto& pair : value.node().pairs) {
              const auto key = key_text(value, *pair.key, null_key);
              const auto entry = value.within(*pair.value, fmt::format("{}.{}", value.key(), key));
              if (!elements.try_emplace(key, element.read(entry)).second) {
                entry.fail("given once", "null and the default queue's name are the same key");
              }
            }
            return elements;
          }};
}

}  // namespace iib::config
