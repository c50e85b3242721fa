#include "iib/base/error.hpp"
#include "iib/io/yaml_edit.hpp"
#include "yaml_edit_apply.hpp"
#include "yaml_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace iib::io::edit {
namespace {

[[noreturn]] void fail(const YamlNode& now, std::string_view problem) {
  throw UserError{fmt::format("{}: {}", yaml_position({}, now), problem)};
}

/// What is likely to stand in the way of changes.
std::string_view remedy(std::string_view text) {
  // Line breaks of YAML 1.1 that 1.2 has no more: text at the end of a block scalar, a break
  // inside.
  for (const std::string_view separator : {"\xe2\x80\xa8", "\xe2\x80\xa9"}) {
    if (text.find(separator) != text.npos) {
      return "take the line separators U+2028 and U+2029 out of the document, or write them as "
             "\\u2028 and \\u2029 between double quotes";
    }
  }
  return "write that place more plainly: no alias as a key, no tag, no question mark, one key a "
         "line";
}

bool same_type(const YamlNode& old, const YamlNode& now, Typing typing) {
  try {
    const auto first = resolve(old, typing);
    const auto second = resolve(now, typing);
    const auto* number = std::get_if<double>(&first);
    if (number != nullptr && *number != *number) {  // NaN
      return std::holds_alternative<double>(second);
    }
    return first == second;
  } catch (const UserError&) {
    return old.value == now.value;  // a tag that its text does not fit stays what it is
  }
}

bool same_scalar(const YamlNode& old, const YamlNode& now) {
  if (now.kind != YamlKind::scalar) return false;
  const bool tagged_null = is_null(old) && now.tag == "tag:yaml.org,2002:null";
  if (old.tag != now.tag && !tagged_null) return false;
  if (old.value == now.value && old.implicit == now.implicit) return true;
  return same_type(old, now, Typing::go_yaml_1_1) && same_type(old, now, Typing::core_1_2);
}

/// Compares what was and is to be with what is.
class Comparison {
 public:
  void compare(const YamlNode& old_node, const Change* change, const YamlNode& now_node) {
    const YamlNode& old = old_node.resolved();
    const YamlNode& now = now_node.resolved();
    if (change != nullptr && change->value) {
      if (!holds(now, *change->value)) fail(now, "a new value is not there");
      return;
    }
    // What aliases stand for is compared once, or it would take a time without bounds.
    const bool shared = &old != &old_node && change == nullptr;
    if (shared && !compared_.emplace(&old, &now).second) return;
    if (old.kind == YamlKind::mapping ||
        (change != nullptr && !change->below.empty() && old.kind == YamlKind::scalar)) {
      compare_mappings(old, change, now);
    } else if (old.kind == YamlKind::sequence) {
      compare_sequences(old, change, now);
    } else {
      compare_scalars(old, change, now);
    }
  }

 private:
  static void compare_scalars(const YamlNode& old, const Change* change, const YamlNode& now) {
    if (change == nullptr) {
      if (!same_scalar(old, now)) fail(now, "another value than before");
      return;
    }
    if (now.kind != YamlKind::scalar || now.value != with_pieces(old.value, change->pieces)) {
      fail(now, "not the new text");
    }
    if (old.tag != now.tag) fail(now, "another tag than before");
    if (old.tag.empty() && !is_string(now)) fail(now, "the new text is no string");
  }

  void compare_sequences(const YamlNode& old, const Change* change, const YamlNode& now) {
    const bool same = now.kind == YamlKind::sequence && now.items.size() == old.items.size() &&
                      now.tag == old.tag;
    if (!same) fail(now, "another list than before");
    for (std::size_t i = 0; i < old.items.size(); ++i) {
      compare(*old.items[i], below(change, i), *now.items[i]);
    }
  }

  /// Whether both have the same keys in the same order and merge nothing: so nearly all do.
  static bool is_written_alike(const YamlNode& old, const YamlNode& now) {
    return std::equal(old.pairs.begin(), old.pairs.end(), now.pairs.begin(), now.pairs.end(),
                      [](const YamlPair& one, const YamlPair& other) {
                        return one.key->kind == YamlKind::scalar &&
                               other.key->kind == YamlKind::scalar &&
                               one.key->value == other.key->value && !is_merge(one) &&
                               !is_merge(other);
                      });
  }

  void compare_in_order(const YamlNode& old, const YamlNode& now) {
    for (std::size_t i = 0; i < old.pairs.size(); ++i) {
      compare(*old.pairs[i].key, nullptr, *now.pairs[i].key);
      compare(*old.pairs[i].value, nullptr, *now.pairs[i].value);
    }
  }

  void compare_mappings(const YamlNode& old, const Change* change, const YamlNode& now) {
    if (now.kind != YamlKind::mapping || now.tag != old.tag) fail(now, "no mapping as before");
    if (change == nullptr && is_written_alike(old, now)) return compare_in_order(old, now);
    const auto wanted = pairs_after(old, change);
    const auto found = merged_pairs(now);
    if (wanted.size() != found.size()) fail(now, "another number of keys");
    // Order may change where merged pairs become own ones.
    std::unordered_map<std::string_view, const YamlPair*> by_name;
    std::vector<const YamlPair*> without_name;
    for (const auto& pair : found) {
      if (const auto name = key_text(*pair.key)) {
        by_name.emplace(*name, &pair);
      } else {
        without_name.push_back(&pair);
      }
    }
    std::size_t complex = 0;
    for (const auto& pair : wanted) {
      const YamlPair* other = nullptr;
      if (pair.key != nullptr && !key_text(*pair.key)) {
        if (complex < without_name.size()) other = without_name[complex++];
      } else if (const auto it = by_name.find(pair.name); it != by_name.end()) {
        other = it->second;
      }
      if (other == nullptr) fail(now, fmt::format("the key '{}' is missing", pair.name));
      compare_pairs(pair, *other);
    }
  }

  void compare_pairs(const NewPair& wanted, const YamlPair& found) {
    if (wanted.key != nullptr) {
      compare(*wanted.key, nullptr, *found.key);
    } else if (!is_string(*found.key)) {
      fail(*found.key, "a new key is no string");
    }
    if (wanted.value != nullptr) return compare(*wanted.value, wanted.change, *found.value);
    if (!holds(*found.value, *wanted.change->value)) fail(*found.value, "a new value is not there");
  }

  std::set<std::pair<const YamlNode*, const YamlNode*>> compared_;
};

}  // namespace

YamlDocument verify(const YamlNode& root, const Change& change, const std::string& text) {
  constexpr auto kAny = std::numeric_limits<std::size_t>::max();
  YamlOptions options;
  options.max_bytes = kAny;
  options.max_depth = kAny;
  options.max_nodes = kAny;
  options.max_alias_nodes = kAny;
  options.duplicates = DuplicateKeys::refuse;
  try {
    auto now = parse_yaml(text, options);
    Comparison{}.compare(root, &change, now.root());
    return now;
  } catch (const UserError& error) {
    throw YamlUneditable{
        fmt::format("a change cannot be written without another one (in the changed document, "
                    "{}); {}",
                    error.what(), remedy(text))};
  }
}

}  // namespace iib::io::edit
