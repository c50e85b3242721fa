#include "yaml_edit_scalar.hpp"

#include "yaml_edit_quote.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace iib::io::edit {
namespace {

/// The text of `source` between its quotes.
Span inside_quotes(std::string_view source, ScalarStyle style) {
  if (style == ScalarStyle::plain || source.size() < 2) return {0, source.size()};
  return {1, source.size() - 1};
}

/// `piece` as it is written in a scalar of the style of `node`; nothing when that cannot be.
std::optional<std::string> encoded(const Source& source, const YamlNode& node,
                                   std::string_view text) {
  switch (node.style) {
    case ScalarStyle::double_quoted:
      return escaped(text);
    case ScalarStyle::single_quoted: {
      if (!is_printable(text)) return std::nullopt;
      std::string result;
      for (const char byte : text) result.append(byte == '\'' ? 2 : 1, byte);
      return result;
    }
    case ScalarStyle::literal: {
      const auto indent = block_indent(source, node);
      const auto line_break = source.line_break_near(source.content_begin(node));
      std::string result;
      for (std::size_t begin = 0;;) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const auto line = text.substr(begin, end - begin);
        if (!is_printable(line) || !indent) return std::nullopt;
        result += line;
        if (end == text.size()) return result;
        result.append(line_break).append(*indent, ' ');
        begin = end + 1;
      }
    }
    case ScalarStyle::plain:
    case ScalarStyle::folded:
      break;
  }
  if (!is_printable(text)) return std::nullopt;
  return std::string{text};
}

/// The bytes of the source that stand for `piece`.
Span span_of(const Decoded& old, const Piece& piece, Span content) {
  if (piece.length > 0) {
    return {old.bytes[piece.offset].begin, old.bytes[piece.offset + piece.length - 1].end};
  }
  if (piece.offset < old.bytes.size()) {
    return {old.bytes[piece.offset].begin, old.bytes[piece.offset].begin};
  }
  const auto end = old.bytes.empty() ? content.end : old.bytes.back().end;
  return {end, end};
}

bool may_be_plain(const YamlNode& node, std::string_view text, bool flow) {
  return is_plain(text, flow) && (!node.implicit || reads_as_string(text));
}

/// `text` with the empty lines of a plain scalar of several lines as blanks, which they are to
/// what makes a scalar end.
std::string without_breaks(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// One scalar that changes.
class ScalarChange {
 public:
  ScalarChange(const Source& source, const YamlNode& node, const std::vector<Piece>& pieces,
               bool flow)
      : source_{source},
        node_{node},
        pieces_{pieces},
        flow_{flow},
        begin_{source.content_begin(node)},
        old_{source.at({begin_, node.end})},
        text_{with_pieces(node.value, pieces)} {}

  std::vector<Splice> splices() {
    auto result = found();
    // An anchor may end without a blank (`&a:b`), but not before any text.
    const bool touches = begin_ > node_.begin && !source_.is_blank({begin_ - 1, begin_});
    if (touches && result.front().span.begin == begin_) result.front().by.insert(0, " ");
    return result;
  }

 private:
  std::vector<Splice> found() {
    const bool plain = node_.style == ScalarStyle::plain;
    const auto line = old_.empty() ? text_ : without_breaks(text_);
    const bool fits = !plain || may_be_plain(node_, line, flow_);
    if (old_.empty() && fits) return {{{begin_, begin_}, text_}};
    if (!fits) return quoted();
    auto splices = is_block_scalar(node_) ? in_block() : in_line();
    return splices ? *std::move(splices) : quoted();
  }

  /// A splice for each piece; nothing when the style cannot hold one.
  std::optional<std::vector<Splice>> splices_by(const Decoded& old, Span content) {
    std::vector<Splice> splices;
    splices.reserve(pieces_.size());
    for (const auto& piece : pieces_) {
      auto by = encoded(source_, node_, piece.by);
      if (!by) return std::nullopt;
      splices.push_back({span_of(old, piece, content), *std::move(by)});
    }
    return splices;
  }

  [[nodiscard]] std::string spliced(const std::vector<Splice>& splices) const {
    std::string result;
    std::size_t done = 0;
    for (const auto& splice : splices) {
      result.append(old_.substr(done, splice.span.begin - done)).append(splice.by);
      done = splice.span.end;
    }
    return result.append(old_.substr(done));
  }

  [[nodiscard]] std::vector<Splice> moved(std::vector<Splice> splices) const {
    for (auto& splice : splices) {
      splice.span.begin += begin_;
      splice.span.end += begin_;
    }
    return splices;
  }

  std::optional<std::vector<Splice>> in_line() {
    const auto content = inside_quotes(old_, node_.style);
    if (old_.substr(content.begin, content.end - content.begin) == node_.value) {
      return verbatim(content);
    }
    const auto old = decode_flow_scalar(old_, node_.style);
    if (old.value != node_.value) return std::nullopt;
    auto splices = splices_by(old, content);
    if (!splices) return std::nullopt;
    const auto now = spliced(*splices);
    if (begins_document_marker(now)) return std::nullopt;
    if (decode_flow_scalar(now, node_.style).value != text_) return std::nullopt;
    return moved(*std::move(splices));
  }

  /// By far the most frequent case: what is written is what is meant.
  std::optional<std::vector<Splice>> verbatim(Span content) {
    std::vector<Splice> splices;
    splices.reserve(pieces_.size());
    for (const auto& piece : pieces_) {
      auto by = encoded(source_, node_, piece.by);
      if (!by) return std::nullopt;
      const auto begin = content.begin + piece.offset;
      splices.push_back({{begin, begin + piece.length}, *std::move(by)});
    }
    return moved(std::move(splices));
  }

  /// Whether a later line of a scalar begins as `---` or `...` do: only at the root can it.
  static bool begins_document_marker(std::string_view text) {
    for (auto at = text.find_first_of("\r\n"); at != std::string_view::npos;
         at = text.find_first_of("\r\n", at + 1)) {
      const auto line = text.substr(at + 1);
      if (line.starts_with("---") || line.starts_with("...")) return true;
    }
    return false;
  }

  std::optional<std::vector<Splice>> in_block() {
    const auto indent = block_indent(source_, node_);
    if (!indent) return std::nullopt;
    const auto old = decode_block_scalar(old_, node_.style, *indent);
    if (old.value != node_.value) return std::nullopt;
    auto splices = splices_by(old, {0, old_.size()});
    if (!splices) return std::nullopt;
    const auto now = spliced(*splices);
    // The last line break keeps what follows apart; it must not go.
    const Source text{now};
    const bool ended = source_.break_before(node_.end) > 0 && !old_.empty();
    if (ended && text.break_before(now.size()) == 0) return std::nullopt;
    if (!keeps_indent(text, *indent)) return std::nullopt;
    if (decode_block_scalar(now, node_.style, *indent).value != text_) return std::nullopt;
    return moved(*std::move(splices));
  }

  /// Whether a reader finds the same indentation in the new text.
  static bool keeps_indent(const Source& text, std::size_t indent) {
    const auto header = block_header(text, 0);
    for (auto line = header.end + text.break_at(header.end); line < text.text().size();) {
      const auto end = text.line_end(line);
      const auto first = std::min(text.text().find_first_not_of(' ', line), end);
      if (first < end) return header.has_indent || first - line == indent;
      if (end - line > indent && !header.has_indent) return false;
      line = end + text.break_at(end);
      if (line == end) break;
    }
    return false;
  }

  /// The whole scalar with double quotes. A comment in a block scalar's header stays.
  [[nodiscard]] std::vector<Splice> quoted() const {
    auto text = double_quoted(text_) + header_comment(source_, node_);
    return {{{begin_, source_.content_end(node_)}, std::move(text), true}};
  }

  const Source& source_;
  const YamlNode& node_;
  const std::vector<Piece>& pieces_;
  bool flow_;
  std::size_t begin_;
  std::string_view old_;
  std::string text_;
};

}  // namespace

std::string with_pieces(std::string_view text, const std::vector<Piece>& pieces) {
  std::string result;
  std::size_t done = 0;
  for (const auto& piece : pieces) {
    result.append(text.substr(done, piece.offset - done)).append(piece.by);
    done = piece.offset + piece.length;
  }
  return result.append(text.substr(done));
}

std::vector<Splice> change_scalar(const Source& source, const YamlNode& node,
                                  const std::vector<Piece>& pieces, bool flow) {
  return ScalarChange{source, node, pieces, flow}.splices();
}

}  // namespace iib::io::edit
