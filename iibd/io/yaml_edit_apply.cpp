#include "yaml_edit_apply.hpp"

#include "yaml_edit_writer.hpp"
#include "yaml_merge.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace iib::io::edit {
namespace {

/// A mapping merged into another one, as its readers find it.
struct MergeSource {
  const YamlNode* mapping = nullptr;  ///< As written: maybe an alias.
  const Change* change = nullptr;     ///< What becomes of it.
  const YamlNode* alias = nullptr;    ///< The alias to write out to have the old one; may be null.
  Place place{};                      ///< Of that alias.
};

/// Goes through a document in the order written and decides what is written anew. What is written
/// once may be read at several places, by aliases and merge keys. It becomes what it is to be where
/// it stands; readers that are to see something else get a text of their own.
class Walker {
 public:
  Walker(const Source& source, const YamlNode& root)
      : writer_{source, root}, has_aliases_{source.text().find('&') != std::string_view::npos} {}

  std::string run(const YamlNode& root, const Change& change) {
    walk(root, &change, Place{});
    return writer_.finish();
  }

 private:
  void walk(const YamlNode& node, const Change* change, const Place& place) {
    if (change == nullptr && !has_aliases_) return;
    if (change != nullptr && change->value) return rewrite(node, change, place);
    if (!node.anchor.empty()) written_[&node] = change;
    switch (node.kind) {
      case YamlKind::scalar:
        return walk_scalar(node, change, place);
      case YamlKind::sequence:
        return walk_sequence(node, change, place);
      case YamlKind::mapping:
        return walk_mapping(node, change, place);
      case YamlKind::alias:
        if (!becomes(*node.target, change)) {
          writer_.put(node, printable(*node.target, change), place);
        }
    }
  }

  void walk_scalar(const YamlNode& node, const Change* change, const Place& place) {
    if (change == nullptr) return;
    const bool mapping = !change->below.empty();  // out of a null
    if (mapping || is_nothing(node)) return rewrite(node, change, place);
    writer_.change_text(node, change->pieces, place);
  }

  void walk_sequence(const YamlNode& node, const Change* change, const Place& place) {
    const Place item{Place::As::item, manner_in(node, place), &node, nullptr};
    if (!has_aliases_) {
      for (const auto& [step, next] : change->below) {
        walk(*node.items[std::get<std::size_t>(step)], &next, item);
      }
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      walk(*node.items[i], below(change, i), item);
    }
  }

  void walk_mapping(const YamlNode& node, const Change* change, const Place& place) {
    const bool bare = node.flow && node.pairs.empty() && node.anchor.empty() && node.tag.empty();
    if (change != nullptr && bare && place.as == Place::As::value &&
        place.manner == Manner::block) {
      return rewrite(node, change, place);  // `{}` says nothing of a manner
    }
    std::unordered_set<std::string_view> own;
    std::vector<MergeSource> sources;
    for (const auto& pair : node.pairs) {
      const auto manner = manner_in(node, place);
      walk(*pair.key, nullptr, {Place::As::key, manner, &node, &pair});
      const Place value{Place::As::value, manner, &node, &pair};
      if (is_merge(pair)) {
        walk_merge(pair, value, sources);
      } else if (const auto name = key_text(*pair.key)) {
        if (change != nullptr || !sources.empty() || has_aliases_) own.insert(*name);
        walk(*pair.value, change == nullptr ? nullptr : below(change, std::string{*name}), value);
      } else {
        walk(*pair.value, nullptr, value);
      }
    }
    add_pairs(node, change, own, sources);
  }

  void rewrite(const YamlNode& node, const Change* change, const Place& place) {
    writer_.put(node, printable(node, change), place);
    forget(node);
  }

  /// What `node` and what it holds are called by anchors is gone.
  void forget(const YamlNode& node) {
    if (!has_aliases_) return;
    if (!node.anchor.empty()) gone_.insert(&node);
    for (const auto* item : node.items) forget(*item);
    for (const auto& pair : node.pairs) {
      forget(*pair.key);
      forget(*pair.value);
    }
  }

  /// What becomes of `target`, which an alias before this point of the text stands for.
  [[nodiscard]] const Change* change_of(const YamlNode& target) const {
    const auto found = written_.find(&target);
    return found == written_.end() ? nullptr : found->second;
  }

  /// Whether the text of `target` will say what `change` makes of it.
  [[nodiscard]] bool becomes(const YamlNode& target, const Change* change) const {
    return !gone_.contains(&target) && same_change(target, change_of(target), change);
  }

  /// Goes through the value of a merge key; appends what it merges in.
  void walk_merge(const YamlPair& pair, const Place& place, std::vector<MergeSource>& sources) {
    const YamlNode& value = *pair.value;
    if (value.kind == YamlKind::sequence) {
      if (!value.anchor.empty()) written_[&value] = nullptr;
      const Place item{Place::As::item, manner_in(value, place), &value, nullptr};
      for (const auto* one : value.items) walk_source(*one, item, sources);
    } else if (value.kind == YamlKind::alias && value.is_sequence()) {
      walk_source_list(value, place, sources);
    } else {
      walk_source(value, place, sources);
    }
  }

  void walk_source(const YamlNode& node, const Place& place, std::vector<MergeSource>& sources) {
    if (node.kind != YamlKind::alias || gone_.contains(node.target)) {
      walk(node, nullptr, place);
      if (node.is_mapping()) sources.push_back({&node, nullptr, nullptr, place});
    } else if (node.is_mapping()) {
      sources.push_back({&node, change_of(*node.target), &node, place});
    }
  }

  void walk_source_list(const YamlNode& alias, const Place& place,
                        std::vector<MergeSource>& sources) {
    const bool gone = gone_.contains(alias.target);
    if (gone) walk(alias, nullptr, place);
    const auto* change = gone ? nullptr : change_of(*alias.target);
    const auto items = alias.target->items;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i]->is_mapping()) continue;
      sources.push_back({items[i], below(change, i), gone ? nullptr : &alias, place});
    }
  }

  /// Gives `node` the pairs that it is to have and neither has nor gets from `sources`.
  void add_pairs(const YamlNode& node, const Change* change,
                 const std::unordered_set<std::string_view>& own,
                 std::vector<MergeSource>& sources) {
    if (change == nullptr && sources.empty()) return;
    const auto wanted = pairs_after(node, change);
    const auto offered = offers(wanted, own, sources);
    std::vector<std::pair<Printable, Printable>> added;
    for (const auto& pair : wanted) {
      if (pair.key != nullptr && !key_text(*pair.key)) continue;
      if (own.contains(pair.name)) continue;
      const auto offer = offered.find(pair.name);
      if (offer != offered.end() && is_same(pair, offer->second)) continue;
      added.emplace_back(
          pair.key == nullptr ? printable_text(pair.name) : printable(*pair.key, nullptr),
          printable(pair));
    }
    if (!added.empty()) writer_.add(node, added);
  }

  /// The pairs that come in from `sources` once they have changed, by name. A source that would
  /// bring a pair that is not wanted is written out as it was.
  std::unordered_map<std::string_view, NewPair> offers(
      const std::vector<NewPair>& wanted, const std::unordered_set<std::string_view>& own,
      std::vector<MergeSource>& sources) {
    std::unordered_set<std::string_view> names;
    for (const auto& pair : wanted) names.insert(pair.name);
    for (const auto& source : sources) {
      if (source.change == nullptr) continue;
      const auto pairs = pairs_after(*source.mapping, source.change);
      const bool unwanted = std::any_of(pairs.begin(), pairs.end(), [&](const NewPair& pair) {
        return pair.key == nullptr && !names.contains(pair.name);
      });
      if (unwanted) write_out(source.alias, sources);
    }
    std::unordered_map<std::string_view, NewPair> offered;
    for (const auto& source : sources) {
      for (const auto& pair : pairs_after(*source.mapping, source.change)) {
        if (!own.contains(pair.name)) offered.try_emplace(pair.name, pair);
      }
    }
    return offered;
  }

  void write_out(const YamlNode* alias, std::vector<MergeSource>& sources) {
    bool done = false;
    for (auto& source : sources) {
      if (source.alias != alias) continue;
      if (!std::exchange(done, true)) {
        writer_.put(*alias, printable(*alias->target, nullptr), source.place);
      }
      source.change = nullptr;
    }
  }

  static bool is_same(const NewPair& wanted, const NewPair& offered) {
    if (wanted.value == nullptr || offered.value == nullptr) {
      return wanted.value == offered.value &&
             same_value(*wanted.change->value, *offered.change->value);
    }
    return &wanted.value->resolved() == &offered.value->resolved() &&
           same_change(*wanted.value, wanted.change, offered.change);
  }

  static Manner manner_in(const YamlNode& collection, const Place& place) {
    if (!collection.flow) return Manner::block;
    if (collection.pairs.empty()) return place.manner == Manner::json ? Manner::json : Manner::flow;
    const bool json = collection.pairs.back().key->style == ScalarStyle::double_quoted;
    return json ? Manner::json : Manner::flow;
  }

  Writer writer_;
  bool has_aliases_;
  std::unordered_map<const YamlNode*, const Change*> written_;  ///< Anchored nodes so far.
  std::unordered_set<const YamlNode*> gone_;  ///< Anchored nodes not there any more.
};

}  // namespace

std::string apply(const Source& source, const YamlNode& root, const Change& change) {
  return Walker{source, root}.run(root, change);
}

}  // namespace iib::io::edit
