#pragma once

#include "iib/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iib::io {

/// What a YAML node is.
enum class YamlKind { scalar, sequence, mapping, alias };

/// How a scalar was written.
enum class ScalarStyle { plain, single_quoted, double_quoted, literal, folded };

struct YamlPair;

/// A node of a YamlDocument, which owns all that the views, spans and pointers refer to.
struct YamlNode {
  /// What the node is.
  YamlKind kind = YamlKind::scalar;
  /// How a scalar is written.
  ScalarStyle style = ScalarStyle::plain;
  /// Whether a collection is written with brackets.
  bool flow = false;
  /// Whether the scalar's type follows from its text: plain, and without a tag.
  bool implicit = true;
  /// The scalar's text, unescaped; of an alias the name of its anchor.
  std::string_view value;
  /// The tag in full (`tag:yaml.org,2002:str`), or empty.
  std::string_view tag;
  /// The name given by `&name`, or empty.
  std::string_view anchor;
  /// The first byte of the node in the text, anchor and tag included.
  std::size_t begin = 0;
  /// The byte after the node's last one. A block collection ends with its last child.
  std::size_t end = 0;
  /// Line of `begin`, counted from 1.
  std::size_t line = 1;
  /// Column of `begin` in characters, counted from 1.
  std::size_t column = 1;
  /// The elements of a sequence.
  std::span<const YamlNode* const> items;
  /// The pairs of a mapping in the order written.
  std::span<const YamlPair> pairs;
  /// What an alias stands for.
  const YamlNode* target = nullptr;

  /// The node itself, or what it stands for as an alias.
  [[nodiscard]] const YamlNode& resolved() const noexcept {
    return kind == YamlKind::alias ? *target : *this;
  }
  /// Whether this is a scalar, or an alias of one.
  [[nodiscard]] bool is_scalar() const noexcept { return resolved().kind == YamlKind::scalar; }
  /// Whether this is a sequence, or an alias of one.
  [[nodiscard]] bool is_sequence() const noexcept { return resolved().kind == YamlKind::sequence; }
  /// Whether this is a mapping, or an alias of one.
  [[nodiscard]] bool is_mapping() const noexcept { return resolved().kind == YamlKind::mapping; }
  /// The value of the last pair whose key is a scalar with the text `key`; null when there is none
  /// or this is no mapping. Merge keys (`<<`) are not followed.
  [[nodiscard]] const YamlNode* find(std::string_view key) const noexcept;
};

/// A key and its value.
struct YamlPair {
  /// The key; any kind of node.
  const YamlNode* key = nullptr;
  /// Its value.
  const YamlNode* value = nullptr;
};

/// One parsed document. Immutable, so it may be read by several threads.
class YamlDocument {
 public:
  /// Made by parse_yaml(); takes the memory that `root` lies in.
  YamlDocument(std::unique_ptr<std::pmr::monotonic_buffer_resource> memory,
               const YamlNode& root) noexcept
      : memory_{std::move(memory)}, root_{&root} {}

  /// The document's node; of an empty document a plain scalar without text.
  [[nodiscard]] const YamlNode& root() const noexcept { return *root_; }

 private:
  std::unique_ptr<std::pmr::monotonic_buffer_resource> memory_;
  const YamlNode* root_;
};

/// What to do with a key that a mapping has twice. Keys are compared by their text; a plain `<<` is
/// no duplicate of another.
enum class DuplicateKeys { refuse, last_wins, keep_all };

/// A text that exceeds a bound of YamlOptions, whatever else may be wrong with it.
class YamlTooLarge : public UserError {
 public:
  using UserError::UserError;
};

/// Bounds and choices of parse_yaml(). The bounds stand far beyond honest files: the largest
/// manifests known are a few MB, a few hundred thousand nodes, and some 60 levels deep.
struct YamlOptions {
  /// Names the text in errors: a file, a variable; may be empty.
  std::string name{};
  /// What becomes of a key given twice.
  DuplicateKeys duplicates = DuplicateKeys::last_wins;
  /// The longest text.
  std::size_t max_bytes = 64UL << 20U;
  /// The deepest nesting of collections.
  std::size_t max_depth = 256;
  /// Nodes as written.
  std::size_t max_nodes = 4'000'000;
  /// Nodes that come about when every alias is replaced by what it stands for.
  std::size_t max_alias_nodes = 1'000'000;
  /// Documents that parse_yaml_stream() reads; what follows them is not looked at.
  std::size_t max_documents = std::numeric_limits<std::size_t>::max();
};

/// Parses the first document of `text`; what follows it is not looked at. Throws UserError with
/// line and column for bad syntax or an unknown or self-containing anchor, YamlTooLarge for a bound
/// exceeded.
[[nodiscard]] YamlDocument parse_yaml(std::string_view text, const YamlOptions& options = {});

/// Parses all documents of `text`; positions are those in the whole text. The bounds count per
/// document, except max_bytes. Throws like parse_yaml().
[[nodiscard]] std::vector<YamlDocument> parse_yaml_stream(std::string_view text,
                                                          const YamlOptions& options = {});

/// Whose rules give a scalar its type: YAML 1.1 as gopkg.in/yaml.v2 reads it (what the Kubernetes
/// world means by YAML), or the core schema of YAML 1.2.
enum class Typing { go_yaml_1_1, core_1_2 };

/// The null of YAML.
struct YamlNull {
  /// Member by member.
  friend bool operator==(YamlNull, YamlNull) = default;
};

/// A typed scalar. Unsigned only where the value does not fit int64_t.
using YamlScalar = std::variant<YamlNull, bool, std::int64_t, std::uint64_t, double, std::string>;

/// The value of the scalar `node` (or alias of one). Throws UserError with line and column when its
/// tag and its text disagree (`!!int x`), or the node is no scalar.
[[nodiscard]] YamlScalar resolve(const YamlNode& node, Typing typing);

/// `name, line L, column C`, for errors about `node`; `name` may be empty.
[[nodiscard]] std::string yaml_position(std::string_view name, const YamlNode& node);

}  // namespace iib::io
