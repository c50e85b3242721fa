#include "yaml_merge.hpp"

#include <unordered_set>

namespace iib::io {
namespace {

/// Pairs under keys not seen yet.
class MergedPairs {
 public:
  void add_own(const YamlNode& mapping) {
    for (const auto& pair : mapping.pairs) {
      if (!edit::is_merge(pair)) add(pair);
    }
  }
  void add_merged(const YamlNode& mapping) {
    for (const auto& pair : mapping.pairs) {
      for (const auto* source : edit::merge_sources(pair)) {
        for (const auto& merged : merged_pairs(*source)) add(merged);
      }
    }
  }
  std::vector<YamlPair> take() { return std::move(pairs_); }

 private:
  void add(const YamlPair& pair) {
    const YamlNode& key = pair.key->resolved();
    if (key.kind != YamlKind::scalar || seen_.insert(key.value).second) pairs_.push_back(pair);
  }

  std::vector<YamlPair> pairs_;
  std::unordered_set<std::string_view> seen_;
};

bool has_merge(const YamlNode& mapping) {
  for (const auto& pair : mapping.pairs) {
    if (edit::is_merge(pair)) return true;
  }
  return false;
}

}  // namespace

namespace edit {

bool is_merge(const YamlPair& pair) {
  const YamlNode& key = pair.key->resolved();
  return key.kind == YamlKind::scalar && key.implicit && key.value == "<<";
}

std::vector<const YamlNode*> merge_sources(const YamlPair& pair) {
  std::vector<const YamlNode*> sources;
  if (!is_merge(pair)) return sources;
  if (pair.value->is_mapping()) sources.push_back(pair.value);
  for (const auto* item : pair.value->resolved().items) {
    if (item->is_mapping()) sources.push_back(item);
  }
  return sources;
}

}  // namespace edit

std::vector<YamlPair> merged_pairs(const YamlNode& mapping) {
  const YamlNode& node = mapping.resolved();
  if (!has_merge(node)) return {node.pairs.begin(), node.pairs.end()};
  MergedPairs pairs;
  pairs.add_own(node);
  pairs.add_merged(node);
  return pairs.take();
}

const YamlNode* find_merged(const YamlNode& mapping, std::string_view key) {
  const YamlNode& node = mapping.resolved();
  for (const auto& pair : node.pairs) {
    const YamlNode& own = pair.key->resolved();
    if (own.kind == YamlKind::scalar && own.value == key && !edit::is_merge(pair)) {
      return pair.value;
    }
  }
  for (const auto& pair : node.pairs) {
    for (const auto* source : edit::merge_sources(pair)) {
      if (const auto* found = find_merged(*source, key)) return found;
    }
  }
  return nullptr;
}

}  // namespace iib::io
