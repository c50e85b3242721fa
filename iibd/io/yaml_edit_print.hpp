#pragma once

#include "yaml_edit_change.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace iib::io::edit {

/// A value to be written, be it new or one of the document's own.
struct Printable {
  /// What it is; `plain` is a scalar whose type follows from its text.
  enum class Kind { text, plain, list, map };
  Kind kind = Kind::text;
  std::string text;              ///< Of a scalar.
  std::string tag;               ///< In full, or empty.
  std::vector<Printable> items;  ///< Of a list; of a map its keys and values in turn.

  /// Whether this is a list or map that can be written without brackets.
  [[nodiscard]] bool is_block() const {
    return (kind == Kind::list || kind == Kind::map) && !items.empty() && tag.empty();
  }
};

/// A new value.
[[nodiscard]] Printable printable(const YamlValue& value);
/// A string.
[[nodiscard]] Printable printable_text(std::string_view text);
/// The value of `node` after `change`, which may be null.
[[nodiscard]] Printable printable(const YamlNode& node, const Change* change);
/// The value of a pair.
[[nodiscard]] Printable printable(const NewPair& pair);

/// How to write.
enum class Manner { block, flow, json };

/// `value` on one line, collections in brackets. `block`: no brackets stand around it.
[[nodiscard]] std::string in_one_line(const Printable& value, Manner manner);

/// As above, of a key: one that is nothing keeps its empty text.
[[nodiscard]] std::string key_in_one_line(const Printable& key, Manner manner);

/// `key` with what separates it from its value, on one line.
[[nodiscard]] std::string pair_in_one_line(const Printable& key, const Printable& value,
                                           Manner manner);

/// How far to indent what stands below a key.
struct Indents {
  std::size_t map = 2;
  std::size_t list = 0;
};

/// The lines of a collection that is_block(), indented by `column`.
[[nodiscard]] std::vector<std::string> block_lines(const Printable& value, std::size_t column,
                                                   const Indents& indents);

/// The lines of a pair of a block mapping.
[[nodiscard]] std::vector<std::string> pair_lines(const Printable& key, const Printable& value,
                                                  std::size_t column, const Indents& indents);

}  // namespace iib::io::edit
