#include "catalog/metadata.hpp"

#include "catalog/fields.hpp"
#include "catalog/json_text.hpp"
#include "catalog/raw_json.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace iib::catalog {
namespace {

constexpr std::string_view kPackageKey = "operators.operatorframework.io.bundle.package.v1";
constexpr std::string_view kChannelsKey = "operators.operatorframework.io.bundle.channels.v1";
constexpr std::string_view kDefaultChannelKey =
    "operators.operatorframework.io.bundle.channel.default.v1";
/// Properties whose value must be an object.
constexpr std::array<std::string_view, 3> kStructured{"olm.label", "olm.package", "olm.gvk"};

/// A scalar where a string is wanted: YAML numbers and booleans become text, JSON ones are refused.
std::string coerced_text(const Fields& fields, std::string_view key, Notation notation) {
  const auto* value = fields.find(key);
  if (value == nullptr || notation == Notation::json) return fields.text(key);
  if (value->IsBool()) return value->GetBool() ? "true" : "false";
  if (value->IsInt64()) return fmt::format("{}", value->GetInt64());
  if (value->IsUint64()) return fmt::format("{}", value->GetUint64());
  if (value->IsNumber()) return float_as_text(value->GetDouble());
  return fields.text(key);
}

std::vector<std::string> split_channels(std::string_view text) {
  std::vector<std::string> channels;
  while (!text.empty()) {
    const auto comma = text.find(',');
    channels.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) channels.emplace_back();  // after a comma at the end
  }
  return channels;
}

/// The value of `key` in the JSON object `text` as written; of several the last.
std::optional<std::string_view> raw_member(std::string_view text, std::string_view key) {
  const auto same = [&](const RawMember& member) {
    return std::equal(member.key.begin(), member.key.end(), key.begin(), key.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  };
  std::optional<std::string_view> found;
  for (const auto& member : raw_members(text)) {
    if (same(member)) found = member.value;
  }
  return found;
}

/// The values of a JSON list as written, by position; nothing where an entry has no value.
std::vector<std::optional<std::string>> raw_values(std::string_view list) {
  std::vector<std::optional<std::string>> values;
  for (const auto element : raw_elements(list)) {
    const bool object = element.starts_with('{');
    const auto raw = object ? raw_member(element, "value") : std::nullopt;
    values.push_back(raw ? std::optional<std::string>{*raw} : std::nullopt);
  }
  return values;
}

/// Refuses a property that the reference tools decode and that does not have their shape.
void check_structured(const TypedValue& property) {
  if (std::find(kStructured.begin(), kStructured.end(), property.type) == kStructured.end()) return;
  const auto value = io::parse_json(property.value.value_or("null"));
  const Fields fields{&value, "the value of property " + property.type, Names::any_case};
  for (const auto* key : {"packageName", "version", "group", "kind", "label"}) {
    static_cast<void>(fields.text(key));
  }
}

}  // namespace

std::optional<BundleAnnotations> read_annotations(const FileDocument& file) {
  if (!file.root.IsObject()) return std::nullopt;
  const auto annotations = Fields{&file.root, "the file", Names::any_case}.object("annotations");
  BundleAnnotations result;
  result.package = coerced_text(annotations, kPackageKey, file.notation);
  const auto channels = coerced_text(annotations, kChannelsKey, file.notation);
  result.channels = split_channels(channels);
  result.default_channel = coerced_text(annotations, kDefaultChannelKey, file.notation);
  if (result.package.empty() && channels.empty() && result.default_channel.empty()) {
    return std::nullopt;
  }
  return result;
}

std::vector<TypedValue> read_typed_list(const FileDocument& file, std::string_view key) {
  std::vector<TypedValue> list;
  if (!file.root.IsObject()) return list;
  const Fields root{&file.root, "the file", Names::any_case};
  std::vector<std::optional<std::string>> written;
  if (file.notation == Notation::json) {
    written = raw_values(raw_member(file.text, key).value_or("[]"));
  }
  for (const auto& entry : root.objects(key)) {
    TypedValue item{.type = coerced_text(entry, "type", file.notation), .value = {}};
    if (file.notation == Notation::json) {
      // The two disagree only where a key is given in several spellings.
      if (list.size() >= written.size()) throw UserError{fmt::format("{} is ambiguous", key)};
      item.value = written[list.size()];
    } else if (const auto* value = entry.find_present("value"); value != nullptr) {
      item.value = canonical_json(*value);
    }
    list.push_back(std::move(item));
  }
  return list;
}

std::vector<TypedValue> read_properties_annotation(std::string_view text) {
  const io::JsonOptions options{.name = "annotation olm.properties"};
  const auto valid = replace_invalid_utf8(text);
  const auto list = io::parse_json(valid, options);
  if (!list.IsArray()) throw UserError{"annotation olm.properties must be a JSON list"};
  const auto values = raw_values(valid);
  std::vector<TypedValue> properties;
  for (const auto& element : list.GetArray()) {
    const Fields entry{element.IsNull() ? nullptr : &element, options.name + "[]", Names::any_case};
    TypedValue property{.type = entry.text("type"),
                        .value = compact_json(values.at(properties.size()).value_or("null"))};
    check_structured(property);
    properties.push_back(std::move(property));
  }
  return properties;
}

}  // namespace iib::catalog
