#include "yaml_edit_change.hpp"

#include "yaml_edit_quote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_set>
#include <utility>

namespace iib::io::edit {
namespace {

const YamlNode* child(const YamlNode& node, const YamlStep& step) {
  if (const auto* key = std::get_if<std::string>(&step)) return find_merged(node, *key);
  const auto index = std::get<std::size_t>(step);
  const auto items = node.resolved().items;
  return index < items.size() ? items[index] : nullptr;
}

void require_utf8(std::string_view text) {
  if (!is_utf8(text)) throw std::invalid_argument{"a text for YAML is not valid UTF-8"};
}

void require_utf8(const YamlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value.content)) return require_utf8(*text);
  if (const auto* list = std::get_if<YamlValue::List>(&value.content)) {
    for (const auto& item : *list) require_utf8(item);
    return;
  }
  for (const auto& [key, item] : std::get<YamlValue::Map>(value.content)) {
    require_utf8(key);
    require_utf8(item);
  }
}

/// Puts `value` under `key` into a map that this edit makes.
void put(YamlValue& target, const std::string& key, const YamlValue& value) {
  auto* map = std::get_if<YamlValue::Map>(&target.content);
  if (map == nullptr) throw std::invalid_argument{"a new value that is no map cannot have keys"};
  const auto found =
      std::find_if(map->begin(), map->end(), [&](const auto& pair) { return pair.first == key; });
  if (found == map->end()) {
    map->emplace_back(key, value);
  } else {
    found->second = value;
  }
}

/// Puts pieces in order; those that overlap are a mistake of the caller.
void arrange(std::vector<Piece>& pieces) {
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& first, const Piece& second) {
    return first.offset < second.offset;
  });
  std::size_t done = 0;
  for (const auto& piece : pieces) {
    if (piece.offset < done) throw std::invalid_argument{"two pieces of a YAML string overlap"};
    done = piece.offset + piece.length;
  }
}

/// Leaves out what changes nothing. Whether anything is left.
bool prune(const YamlNode* node, Change& change) {
  if (change.value) {
    change.below.clear();
    change.pieces.clear();
    if (node == nullptr) return true;
    if (holds(*node, *change.value)) return false;
    auto* text = std::get_if<std::string>(&change.value->content);
    if (text == nullptr || !is_string(*node)) return true;
    // A string stays the string it is, in its style, with another text.
    change.pieces = {{0, node->resolved().value.size(), std::move(*text)}};
    change.value.reset();
    return true;
  }
  if (!change.pieces.empty() && !change.below.empty()) {
    throw std::invalid_argument{"a null of YAML cannot become both a text and a mapping"};
  }
  arrange(change.pieces);
  for (auto it = change.below.begin(); it != change.below.end();) {
    const bool left = prune(child(*node, it->first), it->second);
    it = left ? std::next(it) : change.below.erase(it);
  }
  if (!change.below.empty()) return true;
  if (change.pieces.empty()) return false;
  const auto text = with_pieces(node->resolved().value, change.pieces);
  require_utf8(text);  // a piece may have been a part of a character
  return text != node->resolved().value;
}

}  // namespace

const Change* Change::find(const YamlStep& step) const {
  const auto found = below.find(step);
  return found == below.end() ? nullptr : &found->second;
}

const Change* below(const Change* change, const YamlStep& step) {
  return change == nullptr ? nullptr : change->find(step);
}

ChangeTree::Place ChangeTree::find(const YamlPath& path) {
  Place place{&root_node_, &root_};
  for (const auto& step : path) {
    const auto* node = child(*place.node, step);
    if (node == nullptr) {
      throw std::invalid_argument{fmt::format("no such place in YAML: {}", json_pointer(path))};
    }
    place = {node, &place.change->below[step]};
  }
  return place;
}

void ChangeTree::replace(const YamlPath& path, Piece piece) {
  require_utf8(piece.by);
  const auto place = find(path);
  const YamlNode& node = place.node->resolved();
  const bool fits = node.kind == YamlKind::scalar && piece.offset <= node.value.size() &&
                    piece.length <= node.value.size() - piece.offset;
  if (!fits) {
    throw std::invalid_argument{
        fmt::format("no such piece of text in YAML at {}", json_pointer(path))};
  }
  place.change->pieces.push_back(std::move(piece));
}

void ChangeTree::set(const YamlPath& path, const std::string& key, const YamlValue& value) {
  require_utf8(key);
  require_utf8(value);
  Place place{&root_node_, &root_};
  for (auto step = path.begin(); step != path.end(); ++step) {
    auto& next = place.change->below[*step];
    const auto* node = child(*place.node, *step);
    if (next.value && step + 1 == path.end()) return put(*next.value, key, value);
    if (node == nullptr) {
      throw std::invalid_argument{fmt::format("no such place in YAML: {}", json_pointer(path))};
    }
    place = {node, &next};
  }
  if (!place.node->is_mapping() && !is_null(*place.node)) {
    throw std::invalid_argument{fmt::format("no mapping in YAML at {}", json_pointer(path))};
  }
  auto& change = place.change->below[key];
  change.value = value;
  change.order = ++asked_;
}

const Change* ChangeTree::finish() {
  return prune(&root_node_, root_) ? &root_ : nullptr;
}

bool same_change(const YamlNode& node, const Change* first, const Change* second) {
  if (first == second) return true;
  if (first == nullptr || second == nullptr) return false;
  if (first->value.has_value() != second->value.has_value()) return false;
  if (first->value) return same_value(*first->value, *second->value);
  if (first->pieces.empty() != second->pieces.empty()) return false;
  if (!first->pieces.empty()) {
    const auto old = node.resolved().value;
    return with_pieces(old, first->pieces) == with_pieces(old, second->pieces);
  }
  if (first->below.size() != second->below.size()) return false;
  return std::equal(first->below.begin(), first->below.end(), second->below.begin(),
                    [&](const auto& one, const auto& other) {
                      if (one.first != other.first) return false;
                      const auto* value = child(node, one.first);
                      return same_change(value == nullptr ? node : *value, &one.second,
                                         &other.second);
                    });
}

bool same_value(const YamlValue& first, const YamlValue& second) {
  if (first.content.index() != second.content.index()) return false;
  if (const auto* text = std::get_if<std::string>(&first.content)) {
    return *text == std::get<std::string>(second.content);
  }
  if (const auto* list = std::get_if<YamlValue::List>(&first.content)) {
    const auto& other = std::get<YamlValue::List>(second.content);
    return std::equal(list->begin(), list->end(), other.begin(), other.end(), same_value);
  }
  const auto& map = std::get<YamlValue::Map>(first.content);
  const auto& other = std::get<YamlValue::Map>(second.content);
  return std::equal(map.begin(), map.end(), other.begin(), other.end(),
                    [](const auto& one, const auto& two) {
                      return one.first == two.first && same_value(one.second, two.second);
                    });
}

bool holds(const YamlNode& node, const YamlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value.content)) {
    return is_string(node) && node.resolved().value == *text;
  }
  if (const auto* list = std::get_if<YamlValue::List>(&value.content)) {
    const auto items = node.resolved().items;
    return node.is_sequence() &&
           std::equal(items.begin(), items.end(), list->begin(), list->end(),
                      [](const YamlNode* item, const YamlValue& one) { return holds(*item, one); });
  }
  if (!node.is_mapping()) return false;
  const auto pairs = merged_pairs(node);
  const auto& map = std::get<YamlValue::Map>(value.content);
  return std::equal(pairs.begin(), pairs.end(), map.begin(), map.end(),
                    [](const YamlPair& pair, const auto& one) {
                      return is_string(*pair.key) && pair.key->resolved().value == one.first &&
                             holds(*pair.value, one.second);
                    });
}

bool is_string(const YamlNode& node) {
  const YamlNode& scalar = node.resolved();
  if (scalar.kind != YamlKind::scalar) return false;
  if (!scalar.tag.empty()) return scalar.tag == "tag:yaml.org,2002:str";
  if (!scalar.implicit) return true;
  return std::holds_alternative<std::string>(resolve(scalar, Typing::go_yaml_1_1)) &&
         std::holds_alternative<std::string>(resolve(scalar, Typing::core_1_2));
}

bool is_null(const YamlNode& node) {
  const YamlNode& scalar = node.resolved();
  return scalar.kind == YamlKind::scalar && scalar.tag.empty() &&
         std::holds_alternative<YamlNull>(resolve(scalar, Typing::core_1_2));
}

std::optional<std::string_view> key_text(const YamlNode& key) {
  if (!key.is_scalar()) return std::nullopt;
  return key.resolved().value;
}

std::vector<NewPair> pairs_after(const YamlNode& mapping, const Change* change) {
  std::vector<NewPair> result;
  std::unordered_set<std::string_view> old;
  for (const auto& [key, value] : merged_pairs(mapping)) {
    const auto name = key_text(*key);
    const auto* next = name ? below(change, std::string{*name}) : nullptr;
    result.push_back({key, name.value_or(std::string_view{}), value, next});
    if (name) old.insert(*name);
  }
  if (change == nullptr) return result;
  const auto first_new = static_cast<std::ptrdiff_t>(result.size());
  for (const auto& [step, next] : change->below) {
    const auto* name = std::get_if<std::string>(&step);
    if (name != nullptr && !old.contains(*name)) result.push_back({nullptr, *name, nullptr, &next});
  }
  std::sort(result.begin() + first_new, result.end(), [](const auto& one, const auto& other) {
    return one.change->order < other.change->order;
  });
  return result;
}

}  // namespace iib::io::edit
