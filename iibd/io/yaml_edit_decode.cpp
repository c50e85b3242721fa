#include "yaml_edit_scalar.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace iib::io::edit {
namespace {

bool is_blank(char byte) {
  return byte == ' ' || byte == '\t';
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0U | (code >> 6U));
  } else if (code < 0x10000) {
    add(0xE0U | (code >> 12U));
    add(0x80U | ((code >> 6U) & 0x3FU));
  } else {
    add(0xF0U | (code >> 18U));
    add(0x80U | ((code >> 12U) & 0x3FU));
    add(0x80U | ((code >> 6U) & 0x3FU));
  }
  add(0x80U | (code & 0x3FU));
}

/// What `\` and `letter` stand for.
std::uint32_t single_escape(char letter) {
  constexpr std::string_view kLetters = "0abt\tnvfre_NLP";
  constexpr std::uint32_t kCodes[] = {0,    7,    8,    9,    9,    10,     11,  // NOLINT: a table
                                      0x0C, 0x0D, 0x1B, 0xA0, 0x85, 0x2028, 0x2029};
  static_assert(std::size(kCodes) == kLetters.size());
  const auto found = kLetters.find(letter);
  if (found != std::string_view::npos) return kCodes[found];
  return static_cast<unsigned char>(letter);  // a quote, a slash, a backslash, a space
}

/// Collects text and where it came from.
class Collector {
 public:
  void add(std::string_view text, Span from) {
    decoded_.value += text;
    decoded_.bytes.insert(decoded_.bytes.end(), text.size(), from);
  }
  void add_bytes(std::string_view source, Span from) {
    for (auto i = from.begin; i < from.end; ++i) add(source.substr(i, 1), {i, i + 1});
  }
  Decoded take() { return std::move(decoded_); }

 private:
  Decoded decoded_;
};

/// Reads plain and quoted scalars, whose lines are folded (YAML 1.2, 6.5), as libyaml does.
class FlowDecoder {
 public:
  FlowDecoder(std::string_view source, ScalarStyle style)
      : text_{source}, source_{text_.text()}, style_{style} {
    if (style != ScalarStyle::plain && source.size() >= 2) {
      position_ = 1;
      end_ = source.size() - 1;
    } else {
      end_ = source.size();
    }
  }

  Decoded decode() {
    while (position_ < end_) {
      if (is_blank(source_[position_]) || text_.break_at(position_) > 0) {
        read_white(false);
      } else if (style_ == ScalarStyle::double_quoted && source_[position_] == '\\') {
        read_escape();
      } else if (style_ == ScalarStyle::single_quoted && source_[position_] == '\'') {
        collected_.add("'", {position_, position_ + 2});
        position_ += 2;
      } else {
        collected_.add(source_.substr(position_, 1), {position_, position_ + 1});
        ++position_;
      }
    }
    return collected_.take();
  }

 private:
  /// Blanks and line breaks; of the latter the first makes a space unless more follow. `escaped`
  /// tells that the first line break was, and stands for nothing.
  void read_white(bool escaped) {
    const auto begin = position_;
    std::string breaks;
    bool folded = false;
    bool broken = escaped;
    while (position_ < end_) {
      if (const auto length = text_.break_at(position_); length > 0) {
        const auto written = source_.substr(position_, length);
        const auto meant = length == 3 ? written : std::string_view{"\n"};
        const bool first = !std::exchange(broken, true);
        if (first) folded = meant == "\n";
        if (!first || !folded) breaks += meant;
        position_ += length;
      } else if (is_blank(source_[position_])) {
        ++position_;
      } else {
        break;
      }
    }
    const Span from{begin, position_};
    if (!broken) {
      collected_.add_bytes(source_, from);
    } else if (folded && breaks.empty()) {
      collected_.add(" ", from);
    } else {
      collected_.add(breaks, from);
    }
  }

  void read_escape() {
    const auto begin = position_++;
    if (const auto length = text_.break_at(position_); length > 0) {
      position_ += length;
      return read_white(true);
    }
    if (position_ >= end_) return;
    const char letter = source_[position_++];
    const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    std::uint32_t code = digits == 0 ? single_escape(letter) : 0;
    for (std::size_t i = 0; i < digits && position_ < end_; ++i, ++position_) {
      const char digit = source_[position_];
      const auto value = digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
      code = (code << 4U) | (static_cast<std::uint32_t>(value) & 0xFU);
    }
    std::string character;
    append_utf8(character, code);
    collected_.add(character, {begin, position_});
  }

  Source text_;
  std::string_view source_;
  ScalarStyle style_;
  std::size_t position_ = 0;
  std::size_t end_ = 0;
  Collector collected_;
};

/// Reads literal and folded scalars as libyaml does.
class BlockDecoder {
 public:
  BlockDecoder(std::string_view source, ScalarStyle style, std::size_t indent)
      : text_{source},
        source_{text_.text()},
        folded_{style == ScalarStyle::folded},
        indent_{indent},
        header_{block_header(text_, 0)} {}

  Decoded decode() {
    position_ = header_.end + text_.break_at(header_.end);
    auto trailing = breaks();
    std::vector<Break> leading;
    bool blank_before = false;
    while (position_ < source_.size() && indented_) {
      const bool blank = is_blank(source_[position_]);
      const bool fold =
          folded_ && !leading.empty() && leading.front().text == "\n" && !blank_before && !blank;
      if (!fold) {
        join(leading);
      } else if (trailing.empty()) {
        collected_.add(" ", leading.front().from);
      }
      join(trailing);
      blank_before = blank;
      const auto end = text_.line_end(position_);
      collected_.add_bytes(source_, {position_, end});
      position_ = end;
      leading.clear();
      if (position_ < source_.size()) leading.push_back(take_break());
      trailing = breaks();
      if (!leading.empty()) leading.front().from.end = next_begin(trailing);
    }
    if (header_.chomping != '-') join(leading);
    if (header_.chomping == '+') join(trailing);
    return collected_.take();
  }

 private:
  /// A line break: what it means and its bytes, with the next line's indentation.
  struct Break {
    std::string_view text;
    Span from;
  };

  Break take_break() {
    const auto length = text_.break_at(position_);
    const auto written = source_.substr(position_, length);
    const Span from{position_, position_ + length};
    position_ += length;
    return {length == 3 ? written : std::string_view{"\n"}, from};
  }

  /// Indentation and empty lines.
  std::vector<Break> breaks() {
    std::vector<Break> found;
    for (;;) {
      std::size_t spaces = 0;
      while (spaces < indent_ && position_ < source_.size() && source_[position_] == ' ') {
        ++spaces;
        ++position_;
      }
      indented_ = spaces == indent_;
      if (position_ >= source_.size() || text_.break_at(position_) == 0) break;
      if (!found.empty()) found.back().from.end = position_;
      found.push_back(take_break());
    }
    if (!found.empty()) found.back().from.end = position_;
    return found;
  }

  [[nodiscard]] std::size_t next_begin(const std::vector<Break>& trailing) const {
    return trailing.empty() ? position_ : trailing.front().from.begin;
  }

  void join(const std::vector<Break>& breaks) {
    for (const auto& one : breaks) collected_.add(one.text, one.from);
  }

  Source text_;
  std::string_view source_;
  bool folded_;
  std::size_t indent_;
  BlockHeader header_;
  std::size_t position_ = 0;
  bool indented_ = true;  ///< Whether the line at `position_` is; one that is not ends the scalar.
  Collector collected_;
};

}  // namespace

Decoded decode_flow_scalar(std::string_view source, ScalarStyle style) {
  return FlowDecoder{source, style}.decode();
}

Decoded decode_block_scalar(std::string_view source, ScalarStyle style, std::size_t indent) {
  return BlockDecoder{source, style, indent}.decode();
}

}  // namespace iib::io::edit
