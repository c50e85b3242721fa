#include "yaml_edit_print.hpp"

#include "yaml_edit_quote.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace iib::io::edit {
namespace {

/// libyaml takes what is longer, or on two lines, for no key unless `?` says that it is one.
constexpr std::size_t kLongestKey = 1000;

std::string scalar_text(const Printable& value, Manner manner) {
  const bool flow = manner != Manner::block;
  const auto& text = value.text;
  if (value.kind == Printable::Kind::plain && value.tag.empty()) {
    if (text.empty()) return "null";
    if (is_plain(text, flow)) return text;
  }
  if (manner == Manner::json) return double_quoted(text);
  if (text.empty()) return "''";
  // Old readers end a plain scalar in brackets at any colon.
  const bool plain = is_plain(text, flow) && reads_as_string(text) &&
                     !(flow && text.find(':') != std::string::npos);
  return plain ? text : double_quoted(text);
}

std::string in_brackets(const Printable& value, Manner manner) {
  std::string result;
  if (value.kind == Printable::Kind::list) {
    for (const auto& item : value.items) {
      if (!result.empty()) result += ", ";
      result += in_one_line(item, manner);
    }
    return fmt::format("[{}]", result);
  }
  for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
    if (!result.empty()) result += ", ";
    result += pair_in_one_line(value.items[i], value.items[i + 1], manner);
  }
  return fmt::format("{{{}}}", result);
}

void append(std::vector<std::string>& lines, std::vector<std::string> more) {
  for (auto& line : more) lines.push_back(std::move(line));
}

}  // namespace

Printable printable_text(std::string_view text) {
  return {Printable::Kind::text, std::string{text}, {}, {}};
}

Printable printable(const YamlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value.content)) return printable_text(*text);
  Printable result;
  if (const auto* list = std::get_if<YamlValue::List>(&value.content)) {
    result.kind = Printable::Kind::list;
    for (const auto& item : *list) result.items.push_back(printable(item));
    return result;
  }
  result.kind = Printable::Kind::map;
  for (const auto& [key, item] : std::get<YamlValue::Map>(value.content)) {
    result.items.push_back(printable_text(key));
    result.items.push_back(printable(item));
  }
  return result;
}

Printable printable(const YamlNode& node, const Change* change) {
  if (change != nullptr && change->value) return printable(*change->value);
  const YamlNode& old = node.resolved();
  Printable result;
  result.tag = old.tag;
  if (old.kind == YamlKind::sequence) {
    result.kind = Printable::Kind::list;
    for (std::size_t i = 0; i < old.items.size(); ++i) {
      result.items.push_back(printable(*old.items[i], below(change, i)));
    }
  } else if (old.kind == YamlKind::mapping || (change != nullptr && !change->below.empty())) {
    result.kind = Printable::Kind::map;
    for (const auto& pair : pairs_after(old, change)) {
      result.items.push_back(pair.key == nullptr ? printable_text(pair.name)
                                                 : printable(*pair.key, nullptr));
      result.items.push_back(printable(pair));
    }
  } else if (change != nullptr) {
    result.text = with_pieces(old.value, change->pieces);
  } else {
    result.kind = old.implicit ? Printable::Kind::plain : Printable::Kind::text;
    result.text = old.value;
  }
  return result;
}

Printable printable(const NewPair& pair) {
  return pair.value == nullptr ? printable(*pair.change->value)
                               : printable(*pair.value, pair.change);
}

std::string in_one_line(const Printable& value, Manner manner) {
  const bool collection = value.kind == Printable::Kind::list || value.kind == Printable::Kind::map;
  // In brackets the rules of brackets hold, whatever stands around them.
  const auto inner = manner == Manner::block ? Manner::flow : manner;
  auto text = collection ? in_brackets(value, inner) : scalar_text(value, manner);
  return value.tag.empty() ? text : fmt::format("!<{}> {}", value.tag, text);
}

std::string key_in_one_line(const Printable& key, Manner manner) {
  const bool nothing = key.kind == Printable::Kind::plain && key.text.empty() && key.tag.empty();
  // libyaml cannot read every pair without a key, and `null` would be another text.
  return nothing ? "!<tag:yaml.org,2002:null> ''" : in_one_line(key, manner);
}

std::string pair_in_one_line(const Printable& key, const Printable& value, Manner manner) {
  const auto name = key_in_one_line(key, manner);
  const auto text = in_one_line(value, manner);
  if (name.size() > kLongestKey) return fmt::format("? {} : {}", name, text);
  return fmt::format("{}: {}", name, text);
}

std::vector<std::string> pair_lines(const Printable& key, const Printable& value,
                                    std::size_t column, const Indents& indents) {
  const std::string indent(column, ' ');
  const auto name = key_in_one_line(key, Manner::block);
  std::vector<std::string> lines;
  auto begin = fmt::format("{}{}:", indent, name);
  if (name.size() > kLongestKey) {
    lines.push_back(fmt::format("{}? {}", indent, name));
    begin = fmt::format("{}:", indent);
  }
  if (!value.is_block()) {
    lines.push_back(fmt::format("{} {}", begin, in_one_line(value, Manner::block)));
    return lines;
  }
  lines.push_back(std::move(begin));
  const auto more = value.kind == Printable::Kind::list ? indents.list : indents.map;
  append(lines, block_lines(value, column + more, indents));
  return lines;
}

std::vector<std::string> block_lines(const Printable& value, std::size_t column,
                                     const Indents& indents) {
  std::vector<std::string> lines;
  if (value.kind == Printable::Kind::map) {
    for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
      append(lines, pair_lines(value.items[i], value.items[i + 1], column, indents));
    }
    return lines;
  }
  const std::string indent(column, ' ');
  for (const auto& item : value.items) {
    if (item.kind == Printable::Kind::map && item.is_block()) {
      auto inner = block_lines(item, column + 2, indents);
      inner.front().replace(column, 1, "-");
      append(lines, std::move(inner));
    } else {
      lines.push_back(fmt::format("{}- {}", indent, in_one_line(item, Manner::block)));
    }
  }
  return lines;
}

}  // namespace iib::io::edit
