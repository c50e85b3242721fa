#include "iib/base/error.hpp"
#include "iib/io/yaml_edit.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace {

using iib::io::YamlEdit;
using iib::io::YamlKind;
using iib::io::YamlNode;
using iib::io::YamlPath;
using iib::io::YamlValue;

/// The deepest place that is changed, and the most changes.
constexpr std::size_t kDepth = 12;
constexpr std::size_t kChanges = 6;

/// What documents get: texts that some style cannot hold, or that look like something else.
constexpr std::array<std::string_view, 22> kTexts = {"quay.io/a/b:1",
                                                     "x",
                                                     "",
                                                     " ",
                                                     "a ",
                                                     " a",
                                                     "true",
                                                     "1.5",
                                                     "~",
                                                     "a: b",
                                                     "a #b",
                                                     "#",
                                                     "- a",
                                                     "[a",
                                                     "a,b",
                                                     "it's",
                                                     "\"",
                                                     "\\",
                                                     "two\nlines",
                                                     "\xc3\xa9\xe2\x80\xa8\xc2\x85",
                                                     "---",
                                                     "<<"};

/// Random edits of one document.
class Editor {
 public:
  Editor(std::uint32_t seed, const YamlNode& root, YamlEdit& edit)
      : random_{seed}, root_{root}, edit_{edit} {}

  void ask() {
    for (auto left = 1 + below(kChanges); left > 0; --left) ask_one();
  }

 private:
  std::size_t below(std::size_t count) { return random_() % count; }

  std::string text() { return std::string{kTexts[below(kTexts.size())]}; }

  YamlValue value(std::size_t depth) {
    const auto kind = depth == 0 ? 0 : below(4);
    if (kind == 1) {
      YamlValue::List list;
      for (auto left = below(3); left > 0; --left) list.push_back(value(depth - 1));
      return {std::move(list)};
    }
    if (kind != 2) return {text()};
    YamlValue::Map map;
    for (auto left = below(3); left > 0; --left) {
      // No key twice.
      map.emplace_back(text() + std::to_string(left), value(depth - 1));
    }
    return {std::move(map)};
  }

  void ask_one() {
    YamlPath path;
    const YamlNode* node = &root_;
    while (path.size() < kDepth && below(8) > 0) {
      if (node->is_mapping()) {
        const auto pairs = iib::io::merged_pairs(*node);
        if (pairs.empty() || below(6) == 0) break;
        const auto& pair = pairs[below(pairs.size())];
        if (!pair.key->is_scalar()) break;
        path.emplace_back(std::string{pair.key->resolved().value});
        node = pair.value;
      } else if (node->is_sequence() && !node->resolved().items.empty()) {
        const auto index = below(node->resolved().items.size());
        path.emplace_back(index);
        node = node->resolved().items[index];
      } else {
        break;
      }
    }
    change(path, node->resolved());
  }

  void change(const YamlPath& path, const YamlNode& node) {
    if (node.kind == YamlKind::scalar && below(6) > 0) {
      // Not into a character.
      const auto is_begin = [&](std::size_t at) {
        return at == node.value.size() ||
               (static_cast<unsigned char>(node.value[at]) & 0xC0U) != 0x80U;
      };
      auto begin = below(3) == 0 ? below(node.value.size() + 1) : 0;
      auto end = below(3) == 0 ? begin + below(node.value.size() - begin + 1) : node.value.size();
      while (!is_begin(begin)) ++begin;
      end = std::max(begin, end);
      while (!is_begin(end)) ++end;
      edit_.replace(path, begin, end - begin, text());
    } else {
      const bool has_pairs = node.kind == YamlKind::mapping && !node.pairs.empty();
      const auto& old = has_pairs ? node.pairs[below(node.pairs.size())].key->resolved() : node;
      const bool take_old = has_pairs && old.kind == YamlKind::scalar && below(2) == 0;
      edit_.set(path, take_old ? std::string{old.value} : text(), value(3));
    }
  }

  std::mt19937 random_;
  const YamlNode& root_;
  YamlEdit& edit_;
};

bool has_alias_as_key(const YamlNode& node) {
  if (&node.resolved() != &node) return false;  // it is met where it stands
  const auto in_pair = [](const auto& pair) {
    return &pair.key->resolved() != pair.key || has_alias_as_key(*pair.key) ||
           has_alias_as_key(*pair.value);
  };
  return std::any_of(node.pairs.begin(), node.pairs.end(), in_pair) ||
         std::any_of(node.items.begin(), node.items.end(),
                     [](const YamlNode* item) { return has_alias_as_key(*item); });
}

/// What is too rare to be changed in all its forms: aliases as keys, line breaks of YAML 1.1 that
/// 1.2 has no more, and byte order marks behind the begin.
bool may_be_refused(std::string_view text, const YamlNode& root) {
  return text.find("\xe2\x80\xa8") != text.npos || text.find("\xe2\x80\xa9") != text.npos ||
         text.find("\xef\xbb\xbf", 1) != text.npos || has_alias_as_key(root);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const auto seed = static_cast<std::uint32_t>(bytes[0] | (bytes[1] << 8));
  const std::string_view text{reinterpret_cast<const char*>(bytes) + 2, size - 2};
  try {
    const auto documents = iib::io::parse_yaml_stream(
        text,
        {.duplicates = iib::io::DuplicateKeys::refuse, .max_depth = 64, .max_alias_nodes = 10'000});
    if (documents.size() != 1) return 0;
    const auto& document = documents.front();
    YamlEdit edit{text, document};
    if (edit.text() != text) std::abort();
    Editor{seed, document.root(), edit}.ask();
    try {
      (void)edit.text();
    } catch (const iib::io::YamlUneditable&) {
      if (!may_be_refused(text, document.root())) std::abort();
    }
  } catch (const iib::UserError&) {
    return 0;
  } catch (const std::invalid_argument&) {
    return 0;  // pieces that overlap, or a place that is no mapping
  }
  return 0;
}
