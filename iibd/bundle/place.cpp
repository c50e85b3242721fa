#include "place.hpp"

#include "csv_scan.hpp"
#include "iib/base/log.hpp"
#include "iib/io/layer_path.hpp"

#include <fmt/format.h>

namespace iib::bundle {
namespace {

/// Names of people's things are shorter; a place of a CSV file has up to some 150 characters.
constexpr std::size_t kShownBytes = 300;

bool is_null(const io::YamlNode& node) {
  if (!node.is_scalar()) return false;
  const io::YamlNode& scalar = node.resolved();
  if (!scalar.tag.empty()) return scalar.tag == "tag:yaml.org,2002:null";
  return std::holds_alternative<io::YamlNull>(io::resolve(scalar, io::Typing::core_1_2));
}

io::YamlPath extended(const io::YamlPath& path, io::YamlStep step) {
  io::YamlPath longer;
  longer.reserve(path.size() + 1);
  longer = path;
  longer.push_back(std::move(step));
  return longer;
}

}  // namespace

std::string manifest_name(std::string_view path) {
  return fmt::format("manifests/{}", path);
}

std::string shown(std::string_view text) {
  return one_line(text, kShownBytes);
}

const io::YamlNode* member(const io::YamlNode& node, std::string_view key) {
  const auto* value = io::find_merged(node, key);
  return value == nullptr || is_null(*value) ? nullptr : value;
}

std::string_view kind_name(const io::YamlNode& node) {
  if (node.is_mapping()) return "a map";
  if (node.is_sequence()) return "a list";
  if (is_null(node)) return "null";
  return as_string(&node) != nullptr ? "a text" : "a number or truth value";
}

Place Place::member(std::string_view key) const {
  const auto* value = node == nullptr ? nullptr : bundle::member(*node, key);
  if (value == nullptr) return {};
  return {value, extended(path, std::string{key})};
}

std::vector<Place> Place::elements() const {
  std::vector<Place> places;
  if (node == nullptr) return places;
  const auto items = node->resolved().items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!is_null(*items[i])) places.push_back({items[i], extended(path, i)});
  }
  return places;
}

Refusal refusal_at(RefusalCode code, std::string_view file, const Place& place,
                   std::string_view problem) {
  const auto name = manifest_name(file);
  return {code,
          fmt::format("{} ({}): {}", io::yaml_position(io::shown_name(name), *place.node),
                      shown(io::json_pointer(place.path)), problem),
          name};
}

}  // namespace iib::bundle
