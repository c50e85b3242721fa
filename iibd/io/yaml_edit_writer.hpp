#pragma once

#include "yaml_edit_print.hpp"
#include "yaml_edit_scalar.hpp"
#include "yaml_edit_source.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iib::io::edit {

/// What a node is a part of, which decides how another value is written there.
struct Place {
  /// What it is there.
  enum class As { root, value, item, key };
  As as = As::root;
  Manner manner = Manner::block;         ///< How the collection around it is written.
  const YamlNode* collection = nullptr;  ///< What is around it; null of the root.
  const YamlPair* pair = nullptr;        ///< Of a key or a value: its pair.
};

/// Gathers the splices of an edit: knows how values are put into a text, not which.
class Writer {
 public:
  /// Both outlive this.
  Writer(const Source& source, const YamlNode& root) : source_{source}, root_{root} {}

  /// Replaces pieces of the text of the string `node`.
  void change_text(const YamlNode& node, const std::vector<Piece>& pieces, const Place& place);
  /// Writes `value` in place of `node`.
  void put(const YamlNode& node, const Printable& value, const Place& place);
  /// Gives `mapping` more pairs, at least one.
  void add(const YamlNode& mapping, const std::vector<std::pair<Printable, Printable>>& pairs);

  /// The text with everything done.
  [[nodiscard]] std::string finish();

 private:
  void put_key(const YamlNode& node, const Printable& value, const Place& place);
  void put_value(const YamlNode& node, const Printable& value, const Place& place);
  void put_flow_value(const YamlNode& node, const Printable& value, const Place& place);
  void put_missing(const Printable& value, const Place& place);
  void put_inline(const YamlNode& node, const std::string& text, const Place& place);
  void put_block(const YamlNode& node, const Printable& value, const Place& place);
  void put_root(const YamlNode& node, const Printable& value);
  void add_flow(const YamlNode& mapping, const std::vector<std::pair<Printable, Printable>>& pairs);
  void add_block(const YamlNode& mapping,
                 const std::vector<std::pair<Printable, Printable>>& pairs);

  void splice(std::size_t begin, std::size_t end, std::string by) {
    splices_.push_back({{begin, end}, std::move(by)});
  }
  void insert(std::size_t position, std::string text) {
    splice(position, position, std::move(text));
  }
  /// Writes `text` over the bytes from `begin` to the end of `node`. Comments stay.
  void write_over(const YamlNode& node, std::size_t begin, std::string text);
  /// Inserts a text that a comment may follow at once.
  void insert_apart(std::size_t position, std::string text);
  /// A space when a comment begins at `position`: libyaml lets one follow a bracket at once, but
  /// nothing else.
  [[nodiscard]] std::string_view apart(std::size_t position) const;
  /// Each line after a line break, as one text.
  [[nodiscard]] std::string after_break(const std::vector<std::string>& lines,
                                        std::size_t position) const;
  /// What a value at `position` needs before it to be indented enough if it begins a line: a block
  /// scalar may do that where other values may not.
  [[nodiscard]] std::string padding(std::size_t position, const Place& place) const;
  /// The column of a block collection.
  [[nodiscard]] std::size_t column_of(const YamlNode& collection) const {
    return source_.column(source_.content_begin(collection));
  }
  [[nodiscard]] std::size_t after_comments(std::size_t position, std::size_t column) const;
  [[nodiscard]] Indents indents_in(const YamlNode& mapping);
  void learn_indents(const YamlNode& node, std::optional<std::size_t>& map,
                     std::optional<std::size_t>& list) const;
  void look_at_indents(const YamlNode& mapping, std::optional<std::size_t>& map,
                       std::optional<std::size_t>& list) const;
  void close_last_scalar(const YamlNode& node);
  [[nodiscard]] bool is_replaced(std::size_t position) const;

  const Source& source_;
  const YamlNode& root_;
  std::vector<Splice> splices_;
  std::optional<Indents> file_indents_;
  bool closed_ = false;  ///< Whether the text's last scalar was closed already.
};

}  // namespace iib::io::edit
