#include "model/parameters.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>

namespace iib::model {
namespace {

constexpr std::size_t kShownNames = 10;
constexpr std::size_t kShownLength = 64;

bool is_empty(const io::JsonValue& value) {
  return value.IsNull() || (value.IsString() && value.GetStringLength() == 0) ||
         (value.IsArray() && value.Empty()) || (value.IsObject() && value.ObjectEmpty()) ||
         (value.IsNumber() && value.GetDouble() == 0.0);
}

std::string_view text_of(const io::JsonValue& value) {
  return {value.GetString(), value.GetStringLength()};
}

bool contains(Parameters::Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool Parameters::empty(std::string_view name) const {
  const auto* value = find(name);
  return value == nullptr || is_empty(*value);
}

bool Parameters::is_null(std::string_view name) const {
  const auto* value = find(name);
  return value != nullptr && value->IsNull();
}

bool Parameters::holds_text(std::string_view name) const {
  const auto* value = find(name);
  return value != nullptr && value->IsString();
}

std::optional<std::string> Parameters::text(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->IsString()) {
    throw UserError{
        fmt::format("parameter '{}' must be a string; got {}", name, io::json_type_name(*value))};
  }
  return std::string{text_of(*value)};
}

std::optional<std::string> Parameters::filled_text(std::string_view name) const {
  return empty(name) ? std::nullopt : text(name);
}

std::string Parameters::required_text(std::string_view name) const {
  auto given = filled_text(name);
  if (!given) {
    throw UserError{
        fmt::format("required parameter '{}' is missing: it must be a non-empty string", name)};
  }
  return std::move(*given);
}

std::optional<bool> Parameters::flag(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->IsBool()) {
    throw UserError{fmt::format("parameter '{}' must be a boolean (true or false); got {}", name,
                                io::json_type_name(*value))};
  }
  return value->GetBool();
}

std::vector<std::string> Parameters::list(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return {};
  const auto refuse = [&](const std::string& found) {
    return UserError{
        fmt::format("parameter '{}' must be an array of non-empty strings; got {}", name, found)};
  };
  if (!value->IsArray()) throw refuse(std::string{io::json_type_name(*value)});
  std::vector<std::string> texts;
  std::unordered_set<std::string_view> seen;
  for (const auto& element : value->GetArray()) {
    if (!element.IsString()) {
      throw refuse(fmt::format("an array with an element of type {}", io::json_type_name(element)));
    }
    if (element.GetStringLength() == 0) throw refuse("an array with an empty string");
    if (seen.insert(text_of(element)).second) texts.emplace_back(text_of(element));
  }
  return texts;
}

std::optional<std::string> Parameters::text_map(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->IsObject()) {
    throw UserError{fmt::format("parameter '{}' must be an object whose values are strings; got {}",
                                name, io::json_type_name(*value))};
  }
  for (const auto& member : value->GetObject()) {
    if (member.value.IsString()) continue;
    throw UserError{fmt::format(
        "parameter '{}' must be an object whose values are strings; the value of '{}' is {}", name,
        text_of(member.name).substr(0, kShownLength), io::json_type_name(member.value))};
  }
  return value->ObjectEmpty() ? std::nullopt : std::optional{io::to_json(*value)};
}

io::JsonValue* Parameters::value(std::string_view name) {
  return const_cast<io::JsonValue*>(find(name));
}

std::optional<Secret> Parameters::take_secret(std::string_view name) {
  auto given = text(name);
  if (!given) return std::nullopt;
  wipe_text(*value(name));
  return Secret{std::move(*given)};
}

std::vector<std::string_view> Parameters::names_outside(Names known) const {
  std::vector<std::string_view> unknown;
  for (const auto& member : object_.GetObject()) {
    const auto name = text_of(member.name);
    if (!contains(known, name)) unknown.push_back(name);
  }
  return unknown;
}

void Parameters::check_names(Names required, Names optional) const {
  std::vector<std::string_view> absent;
  std::copy_if(required.begin(), required.end(), std::back_inserter(absent),
               [&](std::string_view name) { return !present(name); });
  if (!absent.empty()) {
    throw UserError{fmt::format("required parameters are missing: {}", quoted_names(absent))};
  }
  auto unknown = names_outside(optional);
  std::erase_if(unknown, [&](std::string_view name) { return contains(required, name); });
  if (!unknown.empty()) {
    throw UserError{fmt::format("parameters that this request does not have were given: {}",
                                quoted_names(unknown))};
  }
  for (const auto name : required) {
    const auto* value = find(name);
    if (is_empty(*value) || value->IsFalse()) {
      throw UserError{fmt::format("required parameter '{}' must not be empty", name)};
    }
  }
}

void Parameters::drop_empty() {
  for (auto member = object_.MemberBegin(); member != object_.MemberEnd();) {
    member = is_empty(member->value) ? object_.EraseMember(member) : member + 1;
  }
}

void wipe_text(io::JsonValue& text) {
  std::memset(const_cast<char*>(text.GetString()), '*', text.GetStringLength());
}

std::string quoted_names(const std::vector<std::string_view>& names) {
  std::string result;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (at == kShownNames) return result + fmt::format(" and {} more", names.size() - at);
    result += fmt::format("{}'{}'", at == 0 ? "" : ", ", names[at].substr(0, kShownLength));
  }
  return result;
}

}  // namespace iib::model
