#include "catalog/package_yaml.hpp"

#include "iib/io/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>

namespace iib::catalog {
namespace {

bool is_blank_or_end(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == ' ' || text[at] == '\t';
}

/// Whether a plain scalar of this text is a string. Dates and numbers to the base 60 are strings to
/// the reader of 3.4, but not to others.
bool reads_as_string(std::string_view text) {
  static const std::regex other_types{
      R"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)"};
  if (text == "<<") return false;
  if (std::regex_match(text.begin(), text.end(), other_types)) return false;
  io::YamlNode node;
  node.value = text;
  return std::holds_alternative<std::string>(io::resolve(node, io::Typing::go_yaml_1_1));
}

/// Whether the syntax of a plain scalar in a block allows this text.
bool may_be_plain(std::string_view text) {
  constexpr std::string_view kIndicators = "#,[]{}&*!|>'\"%@`";
  if (text.starts_with("---") || text.starts_with("...")) return false;
  if (text.front() == ' ' || text.back() == ' ') return false;
  if (kIndicators.find(text.front()) != std::string_view::npos) return false;
  const std::string_view first = text.substr(0, 1);
  if ((first == "-" || first == "?" || first == ":") && is_blank_or_end(text, 1)) return false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == ':' && is_blank_or_end(text, at + 1)) return false;
    if (text[at] == '#' && is_blank_or_end(text, at - 1)) return false;
  }
  return true;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char character) { return character < 0x20 || character == 0x7f; });
}

std::string double_quoted(std::string_view text) {
  std::string quoted{'"'};
  for (const char character : text) {
    if (character == '"' || character == '\\') {
      quoted += '\\';
      quoted += character;
    } else if (character == '\n') {
      quoted += "\\n";
    } else if (character == '\t') {
      quoted += "\\t";
    } else if (has_control({&character, 1})) {
      quoted += fmt::format("\\x{:02X}", static_cast<unsigned>(character));
    } else {
      quoted += character;
    }
  }
  return quoted + '"';
}

std::string single_quoted(std::string_view text) {
  std::string quoted{'\''};
  for (const char character : text) quoted.append(character == '\'' ? 2 : 1, character);
  return quoted + '\'';
}

}  // namespace

std::string yaml_string(std::string_view text) {
  if (text.empty() || has_control(text) || !reads_as_string(text)) return double_quoted(text);
  return may_be_plain(text) ? std::string{text} : single_quoted(text);
}

std::string package_yaml(std::string_view package,
                         const std::vector<std::pair<std::string, std::string>>& channels,
                         std::string_view default_channel) {
  auto text = fmt::format("packageName: {}\nchannels:", yaml_string(package));
  text += channels.empty() ? " []\n" : "\n";
  for (const auto& [name, head] : channels) {
    text += fmt::format("- name: {}\n  currentCSV: {}\n", yaml_string(name), yaml_string(head));
  }
  text += fmt::format("defaultChannel: {}\n", yaml_string(default_channel));
  return text;
}

}  // namespace iib::catalog
