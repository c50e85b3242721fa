#include "catalog/fields.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace iib::catalog {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view text_of(const io::JsonValue& value) {
  return {value.GetString(), value.GetStringLength()};
}

[[noreturn]] void refuse(const std::string& place, const io::JsonValue& value,
                         std::string_view expected) {
  throw UserError{fmt::format("{} must be {}, not {}", place, expected, io::json_type_name(value))};
}

}  // namespace

Fields::Fields(const io::JsonValue* object, std::string place, Names names)
    : object_{object}, place_{std::move(place)}, names_{names} {
  if (object_ != nullptr && !object_->IsObject()) refuse(place_, *object_, "a mapping");
}

const io::JsonValue* Fields::find_present(std::string_view key) const {
  if (object_ == nullptr) return nullptr;
  const io::JsonValue* found = nullptr;
  for (const auto& member : object_->GetObject()) {
    const auto name = text_of(member.name);
    const bool fits = names_ == Names::exact ? name == key : equal_in_any_case(name, key);
    if (fits) found = &member.value;
  }
  return found;
}

const io::JsonValue* Fields::find(std::string_view key) const {
  const auto* found = find_present(key);
  return found == nullptr || found->IsNull() ? nullptr : found;
}

std::string Fields::text(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return {};
  if (!value->IsString()) refuse(place_of(key), *value, "a string");
  return std::string{text_of(*value)};
}

std::vector<std::string> Fields::texts(std::string_view key) const {
  std::vector<std::string> result;
  const auto* value = find(key);
  if (value == nullptr) return result;
  if (!value->IsArray()) refuse(place_of(key), *value, "a list");
  for (const auto& element : value->GetArray()) {
    if (!element.IsString() && !element.IsNull()) {
      refuse(place_of(key) + "[]", element, "a string");
    }
    result.emplace_back(element.IsString() ? text_of(element) : std::string_view{});
  }
  return result;
}

Fields Fields::object(std::string_view key) const {
  return object(key, names_);
}

Fields Fields::object(std::string_view key, Names names) const {
  return Fields{find(key), place_of(key), names};
}

std::vector<Fields> Fields::objects(std::string_view key) const {
  return objects(key, names_);
}

std::vector<Fields> Fields::objects(std::string_view key, Names names) const {
  std::vector<Fields> result;
  const auto* value = find(key);
  if (value == nullptr) return result;
  if (!value->IsArray()) refuse(place_of(key), *value, "a list");
  for (const auto& element : value->GetArray()) {
    result.emplace_back(element.IsNull() ? nullptr : &element, place_of(key) + "[]", names);
  }
  return result;
}

void Fields::require_texts() const {
  if (object_ == nullptr) return;
  for (const auto& member : object_->GetObject()) {
    if (!member.value.IsString() && !member.value.IsNull()) {
      refuse(place_of(text_of(member.name)), member.value, "a string (put it into quotes)");
    }
  }
}

std::string Fields::place_of(std::string_view key) const {
  return fmt::format("{}.{}", place_, key);
}

}  // namespace iib::catalog
