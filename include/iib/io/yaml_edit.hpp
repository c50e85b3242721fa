#pragma once

#include "iib/base/error.hpp"
#include "iib/io/yaml.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace iib::io {

/// One step down a document: the key of a mapping's pair, or the index of a sequence's element.
using YamlStep = std::variant<std::string, std::size_t>;

/// The way from a document's root to a place in it. Aliases and merge keys are places of their own:
/// `/b/image` with `b: *a` is not `/a/image`, though both are read from the same text.
using YamlPath = std::vector<YamlStep>;

/// `path` as a JSON Pointer (RFC 6901), for people and for documents.
[[nodiscard]] std::string json_pointer(const YamlPath& path);

/// The pairs of `mapping` (or of what it stands for) as a reader of values sees them: merge keys
/// (`<<`) followed, a key of its own before a merged one, an earlier source before a later one.
[[nodiscard]] std::vector<YamlPair> merged_pairs(const YamlNode& mapping);

/// What merged_pairs() has under the key `key`; null when it has none or `mapping` is no mapping.
[[nodiscard]] const YamlNode* find_merged(const YamlNode& mapping, std::string_view key);

/// A value to put into a document: a text, a list or a map with its keys in order.
struct YamlValue {
  /// A list.
  using List = std::vector<YamlValue>;
  /// A map.
  using Map = std::vector<std::pair<std::string, YamlValue>>;
  /// The value itself.
  std::variant<std::string, List, Map> content;
};

/// A change that cannot be written where it belongs without another one, as the document is
/// written. what() tells the place, the problem and the remedy, but not the file.
class YamlUneditable : public UserError {
 public:
  using UserError::UserError;
};

/// Changes of a text at the places where it changes and nowhere else (bundle-regeneration 11):
/// comments, quoting, line ends and everything besides stay as they are, byte for byte. Not safe
/// for use by several threads.
class YamlEdit {
 public:
  /// `document` was parsed from `text` and is all that it holds; both outlive the edit. Duplicate
  /// keys were refused.
  YamlEdit(std::string_view text, const YamlDocument& document);

  /// Replaces `length` bytes from `offset` in the text (unescaped, as YamlNode::value) of the
  /// string at `place`. Pieces of one string come in any order and do not overlap. What the
  /// string's style cannot hold gets double quotes.
  void replace(const YamlPath& place, std::size_t offset, std::size_t length, std::string_view by);

  /// Gives the pair `key` of the mapping at `mapping` the value `value`: in place of the present
  /// one, or as a new last pair in the manner of the mapping around it. `mapping` may be a null, or
  /// a map that another set() makes; the value wins over changes below it.
  void set(const YamlPath& mapping, std::string_view key, YamlValue value);

  /// Whether nothing was asked for.
  [[nodiscard]] bool empty() const noexcept;

  /// The new text. It was parsed again and holds the values that were asked for and otherwise the
  /// old ones; throws YamlUneditable when that cannot be had, and std::invalid_argument for a
  /// place, a piece or a text (not UTF-8) that cannot be.
  [[nodiscard]] std::string text() const { return result().text; }

  /// A text and what it holds.
  struct Result {
    std::string text;       ///< All of it.
    YamlDocument document;  ///< What was parsed from it.
  };
  /// As text(), with the document that the new text was found to hold.
  [[nodiscard]] Result result() const;

 private:
  /// Pieces of one string.
  struct Replacement {
    YamlPath place;
    std::size_t offset;
    std::size_t length;
    std::string by;
  };
  /// A pair of a mapping.
  struct Setting {
    YamlPath mapping;
    std::string key;
    YamlValue value;
  };

  std::string_view text_;
  const YamlDocument& document_;
  std::vector<Replacement> replacements_;
  std::vector<Setting> settings_;
};

}  // namespace iib::io
