#include "catalog/fbc/yaml_form.hpp"

#include "catalog/fbc/json_form.hpp"
#include "catalog/json_text.hpp"
#include "catalog/package_yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace iib::catalog::fbc {
namespace {

constexpr std::size_t kIndent = 2;
/// What tells types apart is short; a longer text is quoted without asking.
constexpr std::size_t kLongestPlain = 200;

std::string_view text_of(const io::JsonValue& value) {
  return {value.GetString(), value.GetStringLength()};
}

/// The length of the character at `text[at]` when YAML allows it only escaped, else 0.
std::size_t unprintable_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  if (byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) < 0xa0) return 2;                      // C1 control characters
  if (byte(0) == 0xef && byte(1) == 0xbb && byte(2) == 0xbf) return 3;  // a byte order mark
  if (byte(0) == 0xef && byte(1) == 0xbf && byte(2) > 0xbd) return 3;   // no characters
  return 0;
}

unsigned code_of(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  if (character.size() == 2) return (byte(0) & 0x1fU) << 6U | (byte(1) & 0x3fU);
  return (byte(0) & 0x0fU) << 12U | (byte(1) & 0x3fU) << 6U | (byte(2) & 0x3fU);
}

std::string double_quoted(std::string_view text) {
  const auto json = plain_json_string(text);
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const auto length = unprintable_length(json, at);
    if (length == 0) {
      out += json[at++];
    } else {
      out += fmt::format("\\u{:04x}", code_of(std::string_view{json}.substr(at, length)));
      at += length;
    }
  }
  return out;
}

bool is_plain_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 && byte != '\n') return false;
    if (unprintable_length(text, at) > 0) return false;
    if (text.substr(at).starts_with("\xe2\x80\xa8") ||
        text.substr(at).starts_with("\xe2\x80\xa9")) {
      return false;  // line ends of YAML 1.1
    }
  }
  return true;
}

/// Whether a literal block can show the text: no blanks that nobody would see.
bool may_be_literal(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.starts_with('\n')) return false;
  if (text.starts_with(' ') || text.find(" \n") != std::string_view::npos) return false;
  return !text.ends_with(' ') && is_plain_text(text);
}

std::string scalar_text(std::string_view text) {
  if (text.size() > kLongestPlain || !is_plain_text(text) ||
      text.find('\n') != std::string_view::npos) {
    return double_quoted(text);
  }
  return yaml_string(text);
}

class Printer {
 public:
  std::string run(const io::JsonValue& value) {
    if (is_block(value)) {
      print_block(value, 0, 0);
    } else {
      out_ += one_line(value) + '\n';
    }
    return std::move(out_);
  }

 private:
  static bool is_block(const io::JsonValue& value) {
    return (value.IsObject() && value.MemberCount() > 0) || (value.IsArray() && !value.Empty());
  }

  static std::string one_line(const io::JsonValue& value) {
    return value.IsString() ? scalar_text(text_of(value)) : canonical_json(value);
  }

  /// Prints the lines of a collection; the first of them has `done` blanks before it already.
  void print_block(const io::JsonValue& value, std::size_t column, std::size_t done) {
    if (value.IsObject()) {
      print_map(value, column, done);
    } else {
      for (const auto& element : value.GetArray()) {
        out_.append(column - done, ' ');
        done = 0;
        out_ += "- ";
        if (is_block(element)) {
          print_block(element, column + kIndent, column + kIndent);
        } else {
          print_scalar(element, column);
        }
      }
    }
  }

  void print_map(const io::JsonValue& map, std::size_t column, std::size_t done) {
    std::vector<const io::JsonValue::Member*> members;
    for (const auto& member : map.GetObject()) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return text_of(a->name) < text_of(b->name); });
    for (const auto* member : members) {
      out_.append(column - done, ' ');
      done = 0;
      print_pair(*member, column);
    }
  }

  void print_pair(const io::JsonValue::Member& member, std::size_t column) {
    const auto key = scalar_text(text_of(member.name));
    // A key of more than 1024 characters must be marked as one.
    const bool long_key = key.size() > kLongestPlain;
    if (long_key) {
      out_ += "? " + key + '\n';
      out_.append(column, ' ');
      out_ += ':';
    } else {
      out_ += key + ':';
    }
    const auto& value = member.value;
    if (!is_block(value)) {
      out_ += ' ';
      print_scalar(value, column);
      return;
    }
    out_ += '\n';
    print_block(value, value.IsObject() ? column + kIndent : column, 0);
  }

  void print_scalar(const io::JsonValue& value, std::size_t column) {
    if (!value.IsString() || !may_be_literal(text_of(value))) {
      out_ += one_line(value) + '\n';
      return;
    }
    auto text = text_of(value);
    out_ += text.ends_with("\n\n") ? "|+\n" : text.ends_with('\n') ? "|\n" : "|-\n";
    while (!text.empty()) {
      const auto end = text.find('\n');
      const auto line = text.substr(0, end);
      if (!line.empty()) out_.append(column + kIndent, ' ').append(line);
      out_ += '\n';
      text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
  }

  std::string out_;
};

}  // namespace

std::string yaml_text(const io::JsonValue& value) {
  return Printer{}.run(value);
}

}  // namespace iib::catalog::fbc
