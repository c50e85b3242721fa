#include "yaml_edit_source.hpp"

#include <algorithm>

namespace iib::io::edit {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_blank_byte(char byte) {
  return byte == ' ' || byte == '\t';
}

bool is_anchor_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

/// Spaces before the first line of `text` that has anything else, of lines ending in LF.
std::optional<std::size_t> first_indent(std::string_view text) {
  for (std::size_t line = 0; line < text.size();) {
    const auto first = text.find_first_not_of(' ', line);
    if (first == std::string_view::npos) return std::nullopt;
    if (text[first] != '\n' && text[first] != '\r') return first - line;
    line = first + 1;
  }
  return std::nullopt;
}

}  // namespace

Source::Source(std::string_view text)
    : text_{text}, first_{text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0} {}

std::size_t Source::break_at(std::size_t position) const {
  const auto rest = text_.substr(std::min(position, text_.size()));
  if (rest.empty()) return 0;
  if (rest.front() == '\n') return 1;
  if (rest.front() == '\r') return rest.starts_with("\r\n") ? 2 : 1;
  if (rest.starts_with("\xc2\x85")) return 2;
  return rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9") ? 3 : 0;
}

std::size_t Source::break_before(std::size_t position) const {
  for (const std::size_t length : {3U, 2U, 1U}) {
    if (position >= first_ + length && break_at(position - length) == length) return length;
  }
  return 0;
}

std::size_t Source::line_begin(std::size_t position) const {
  while (position > first_ && break_before(position) == 0) --position;
  return std::max(position, first_);
}

std::size_t Source::line_end(std::size_t position) const {
  while (position < text_.size() && break_at(position) == 0) ++position;
  return position;
}

std::size_t Source::column(std::size_t position) const {
  const auto before = at({line_begin(position), position});
  return static_cast<std::size_t>(std::count_if(before.begin(), before.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

bool Source::is_blank(Span span) const {
  for (auto position = span.begin; position < span.end;) {
    const auto length = break_at(position);
    if (length == 0 && !is_blank_byte(text_[position])) return false;
    position += std::max<std::size_t>(length, 1);
  }
  return true;
}

std::string_view Source::line_break_near(std::size_t position) const {
  const auto end = line_end(position);
  auto found = text_.substr(end, break_at(end));
  if (found.empty()) {
    const auto begin = line_begin(position);
    const auto length = break_before(begin);
    found = text_.substr(begin - length, length);
  }
  return found == "\r\n" || found == "\r" ? found : "\n";
}

std::size_t Source::content_begin(const YamlNode& node) const {
  std::size_t position = node.begin;
  // A collection's first key may have an anchor and a tag too, so its own ones are counted.
  int left = 2;
  if (node.kind != YamlKind::scalar) {
    left = (node.anchor.empty() ? 0 : 1) + (node.tag.empty() ? 0 : 1);
  }
  for (; left > 0 && position < node.end; --left) {
    if (text_[position] == '&') {
      ++position;
      while (position < node.end && is_anchor_byte(text_[position])) ++position;
    } else if (text_[position] == '!') {
      const char last = text_.substr(position).starts_with("!<") ? '>' : ',';
      while (position < node.end && !is_blank_byte(text_[position]) && break_at(position) == 0 &&
             text_[position] != last) {
        ++position;
      }
      if (last == '>' && position < node.end && text_[position] == '>') ++position;
    } else {
      break;
    }
    position = std::min(skip_blank(position), node.end);
  }
  return position;
}

std::size_t Source::skip_blank(std::size_t position) const {
  while (position < text_.size()) {
    if (text_[position] == '#') {
      position = line_end(position);
    } else if (const auto length = break_at(position); length > 0) {
      position += length;
    } else if (is_blank_byte(text_[position])) {
      ++position;
    } else if (text_.substr(position).starts_with(kByteOrderMark) && column(position) == 0) {
      position += kByteOrderMark.size();  // libyaml skips it at the begin of any line
    } else {
      break;
    }
  }
  return position;
}

std::size_t Source::content_end(const YamlNode& node) const {
  if (is_block_scalar(node)) return block_scalar_end(node);
  if (node.kind == YamlKind::sequence && !node.flow && !node.items.empty()) {
    return content_end(*node.items.back());
  }
  // `[a: b]` is a mapping without braces, whose end libyaml puts at the next token.
  if (node.kind == YamlKind::mapping && !node.pairs.empty() &&
      (!node.flow || text_[content_begin(node)] != '{')) {
    return content_end(node.pairs.back());
  }
  return node.end;
}

std::size_t Source::content_end(const YamlPair& pair) const {
  if (!is_nothing(*pair.value)) return content_end(*pair.value);
  const auto position = colon(pair);
  return position ? *position + 1 : content_end(*pair.key);
}

std::optional<std::size_t> Source::colon(const YamlPair& pair) const {
  const auto position = skip_blank(content_end(*pair.key));
  // A value that is not there stands at the next token, which may have a colon of its own.
  if (position >= text_.size() || text_[position] != ':') return std::nullopt;
  if (is_nothing(*pair.value) && pair.value->begin <= position) return std::nullopt;
  return position;
}

std::size_t Source::block_scalar_end(const YamlNode& node) const {
  const auto header = block_header(*this, content_begin(node));
  auto end = std::min(node.end, text_.size());
  // Lines of more spaces than this are text.
  const auto indent = node.value.empty() ? text_.size() : block_indent(*this, node).value_or(0);
  for (bool last = true; end > header.end; last = false) {
    const auto line = std::max(line_begin(end), header.end);
    const bool spaces =
        text_.substr(line, end - line).find_first_not_of(' ') == std::string_view::npos;
    if (line == header.end || !spaces || end - line > indent) return end;
    if (!last && header.chomping == '+') return end;
    end = line - break_before(line);
  }
  return header.end;
}

BlockHeader block_header(const Source& source, std::size_t position) {
  const auto text = source.text();
  BlockHeader header;
  for (++position; position < text.size(); ++position) {
    const char byte = text[position];
    if (byte == '+' || byte == '-') {
      header.chomping = byte;
    } else if (byte >= '1' && byte <= '9') {
      header.has_indent = true;
    } else {
      break;
    }
  }
  header.marks_end = position;
  header.end = source.line_end(position);
  return header;
}

std::string header_comment(const Source& source, const YamlNode& node) {
  if (!is_block_scalar(node)) return {};
  const auto header = block_header(source, source.content_begin(node));
  const auto rest = source.at({header.marks_end, header.end});
  if (rest.find('#') == std::string_view::npos) return {};
  // libyaml lets it follow the indicators at once.
  return rest.starts_with('#') ? " " + std::string{rest} : std::string{rest};
}

std::optional<std::size_t> block_indent(const Source& source, const YamlNode& node) {
  const auto header = block_header(source, source.content_begin(node));
  const auto begin = header.end + source.break_at(header.end);
  if (begin >= node.end) return std::nullopt;
  const auto written = first_indent(source.at({begin, node.end}));
  const auto meant = first_indent(node.value);
  if (!written || !meant || *meant > *written) return std::nullopt;
  return *written - *meant;
}

}  // namespace iib::io::edit
