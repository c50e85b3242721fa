#include "value.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::config {

std::string Place::text() const {
  if (line == 0) return fmt::format("environment variable {}", source);
  return fmt::format("{}, line {}", source, line);
}

Value::Value(const io::YamlNode& node, std::string key, Place place, Visibility visibility,
             TextRule text_rule)
    : node_{&node},
      key_{std::move(key)},
      place_{std::move(place)},
      visibility_{visibility},
      text_rule_{text_rule} {}

bool Value::is_null() const {
  return node().kind == io::YamlKind::scalar && text_rule_ == TextRule::yaml &&
         std::holds_alternative<io::YamlNull>(scalar("nothing"));
}

io::YamlScalar Value::scalar(std::string_view expected) const {
  if (node().kind != io::YamlKind::scalar) fail(expected);
  try {
    return io::resolve(node(), io::Typing::core_1_2);
  } catch (const UserError&) {
    fail(expected, "its tag and its text do not fit each other");
  }
}

std::string Value::text(std::string_view expected) const {
  const auto value = scalar(expected);
  if (text_rule_ == TextRule::verbatim) return std::string{node().value};
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (std::holds_alternative<io::YamlNull>(value)) fail(expected);
  fail(expected, "put it in quotes to make it a text");
}

Value Value::within(const io::YamlNode& node, std::string key) const {
  Place place = place_;
  if (place.line != 0) place.line = node.line;
  return {node, std::move(key), std::move(place), visibility_, TextRule::yaml};
}

void Value::fail(std::string_view expected, std::string_view remedy) const {
  fail_at(place_, fmt::format("{} is {}, but must be {}{}{}", key_, shown(), expected,
                              remedy.empty() ? "" : "; ", remedy));
}

std::string Value::shown() const {
  constexpr std::size_t kShownBytes = 100;  // enough to find it; a whole file may be in there
  switch (node().kind) {
    case io::YamlKind::sequence:
      return "a list";
    case io::YamlKind::mapping:
      return "a map";
    case io::YamlKind::scalar:
    case io::YamlKind::alias:
      break;
  }
  if (node().value.empty()) return "empty";
  if (visibility_ == Visibility::secret) return "a text (not shown)";
  return fmt::format("'{}'", one_line(node().value, kShownBytes));
}

void fail_at(const Place& place, std::string_view problem) {
  throw UserError{fmt::format("{}: {}", place.text(), problem)};
}

}  // namespace iib::config
