#pragma once

#include "iib/io/yaml.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace iib::io::edit {

/// The bytes from `begin` up to `end`, which is not one of them.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A document's text as lines: where they break, and where nodes and their parts stand in them.
/// Positions are bytes. Line breaks are those of YAML 1.1, as libyaml counts them.
class Source {
 public:
  /// `text` outlives this.
  explicit Source(std::string_view text);

  /// All of it.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// The bytes of `span`.
  [[nodiscard]] std::string_view at(Span span) const {
    return text_.substr(span.begin, span.end - span.begin);
  }
  /// Length of the line break at `position`; 0 when there is none.
  [[nodiscard]] std::size_t break_at(std::size_t position) const;
  /// Length of the line break that ends at `position`; 0 when there is none.
  [[nodiscard]] std::size_t break_before(std::size_t position) const;
  /// The first byte of the line of `position`, after a byte order mark.
  [[nodiscard]] std::size_t line_begin(std::size_t position) const;
  /// Where the line of `position` ends: at its line break, or at the end of the text.
  [[nodiscard]] std::size_t line_end(std::size_t position) const;
  /// Characters between the begin of the line and `position`.
  [[nodiscard]] std::size_t column(std::size_t position) const;
  /// Whether `span` holds nothing but spaces, tabs and line breaks.
  [[nodiscard]] bool is_blank(Span span) const;
  /// What a line put in at `position` is to end with: as the lines around it.
  [[nodiscard]] std::string_view line_break_near(std::size_t position) const;

  /// Where `node` begins, its anchor and tag left out.
  [[nodiscard]] std::size_t content_begin(const YamlNode& node) const;
  /// Where what is written of `node` ends: before the line break of a block scalar's last line
  /// (blank lines that are no content left out), and without the room that libyaml counts to
  /// values that are not there.
  [[nodiscard]] std::size_t content_end(const YamlNode& node) const;
  /// As content_end(), of a pair of a mapping.
  [[nodiscard]] std::size_t content_end(const YamlPair& pair) const;
  /// The colon between the key and the value of `pair`; none when there is none, as in `{a}`.
  [[nodiscard]] std::optional<std::size_t> colon(const YamlPair& pair) const;

 private:
  [[nodiscard]] std::size_t block_scalar_end(const YamlNode& node) const;
  /// The first byte from `position` on that is neither blank nor of a comment.
  [[nodiscard]] std::size_t skip_blank(std::size_t position) const;

  std::string_view text_;
  std::size_t first_ = 0;
};

/// Whether `node` has no text at all: a value left out.
[[nodiscard]] inline bool is_nothing(const YamlNode& node) noexcept {
  return node.kind == YamlKind::scalar && node.begin == node.end;
}

/// Whether `node` is a literal or a folded scalar.
[[nodiscard]] inline bool is_block_scalar(const YamlNode& node) noexcept {
  return node.kind == YamlKind::scalar &&
         (node.style == ScalarStyle::literal || node.style == ScalarStyle::folded);
}

/// Whether `node` is a collection written without brackets.
[[nodiscard]] inline bool is_block_collection(const YamlNode& node) noexcept {
  return (node.kind == YamlKind::mapping || node.kind == YamlKind::sequence) && !node.flow;
}

/// The first line of a block scalar.
struct BlockHeader {
  char chomping = ' ';        ///< `-`, `+`, or a space when none is given.
  bool has_indent = false;    ///< Whether it says how far the text is indented.
  std::size_t marks_end = 0;  ///< After the indicators.
  std::size_t end = 0;        ///< At the line break, after a comment.
};

/// Reads the header of a block scalar that begins at `position`, at its `|` or `>`.
[[nodiscard]] BlockHeader block_header(const Source& source, std::size_t position);

/// The comment in the header of a block scalar with blanks before it; of other nodes nothing.
[[nodiscard]] std::string header_comment(const Source& source, const YamlNode& node);

/// How many spaces each line of the block scalar `node` has before its text; none when its text is
/// all blank.
[[nodiscard]] std::optional<std::size_t> block_indent(const Source& source, const YamlNode& node);

}  // namespace iib::io::edit
