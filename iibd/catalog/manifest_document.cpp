#include "catalog/manifest_document.hpp"

#include "catalog/json_text.hpp"
#include "catalog/raw_json.hpp"
#include "catalog/yaml_conversion.hpp"
#include "iib/base/error.hpp"
#include "iib/io/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace iib::catalog {
namespace {

constexpr std::string_view kSeparator = "---";
constexpr std::string_view kDocumentEnd = "...";
constexpr std::string_view kBlanks = " \t\r\n\v\f";
/// How far the tools look for a brace before they take the file for YAML.
constexpr std::size_t kNotationWindow = 30;
/// Far beyond honest manifests, the largest of which have some 60,000 nodes, and what 64 MiB hold.
constexpr std::size_t kMaxNodes = 250'000;

bool looks_like_json(std::string_view text) {
  const auto window = text.substr(0, kNotationWindow);
  const auto first = window.find_first_not_of(kBlanks);
  return first != std::string_view::npos && window[first] == '{';
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(kBlanks) == std::string_view::npos;
}

/// A line `...`: what is below it is not looked at, be it text or not.
bool ends_document(std::string_view line) {
  return line.starts_with(kDocumentEnd) && is_blank(line.substr(kDocumentEnd.size()));
}

bool has_content(std::string_view line) {
  const auto first = line.find_first_not_of(kBlanks);
  return first != std::string_view::npos && line[first] != '#';
}

/// The lines before the first separator that has any line before it, even another separator, with
/// line ends as LF.
struct FirstDocument {
  std::string text;
  bool more_follow = false;
};

FirstDocument cut_first_document(std::string_view text, const std::string& name) {
  FirstDocument document;
  document.text.reserve(text.size());
  std::size_t number = 0;
  bool begun = false;
  while (!text.empty()) {
    const auto length = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(kSeparator)) {
      const auto rest = line.substr(kSeparator.size());
      const auto content = rest.find_first_not_of(kBlanks);
      if (content != std::string_view::npos && rest[content] != '#') {
        throw UserError{fmt::format(
            "{}, line {}: only a comment may follow the document separator --- on its line", name,
            number)};
      }
      if (!document.text.empty()) {
        document.more_follow = !is_blank(text);
        return document;
      }
    }
    if (begun && ends_document(line)) {
      document.more_follow = !is_blank(text);
      return document;
    }
    begun = begun || has_content(line);
    document.text.append(line).append(1, '\n');
  }
  return document;
}

FileDocument read_json(std::string_view text, const std::string& name) {
  FileDocument document;
  document.notation = Notation::json;
  document.text = replace_invalid_utf8(text);
  const auto extent = json_extent(document.text);
  if (!extent) throw UserError{fmt::format("{}: the JSON object is not closed", name)};
  document.more_follow = !is_blank(std::string_view{document.text}.substr(*extent));
  document.text.resize(*extent);
  document.root = io::parse_json(document.text, {.name = name, .max_values = kMaxNodes});
  return document;
}

void refuse_utf16(std::string_view text, const std::string& name) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    throw UserError{fmt::format("{} is UTF-16; manifests are UTF-8", name)};
  }
}

}  // namespace

FileDocument read_file_document(std::string_view text, const std::string& name) {
  if (looks_like_json(text)) return read_json(text, name);
  refuse_utf16(text, name);
  auto first = cut_first_document(text, name);
  FileDocument document;
  document.text = std::move(first.text);
  document.more_follow = first.more_follow;
  const auto yaml = io::parse_yaml(
      document.text,
      {.name = name, .duplicates = io::DuplicateKeys::keep_all, .max_nodes = kMaxNodes});
  document.root = yaml_to_json(yaml.root(), document.text, name);
  return document;
}

}  // namespace iib::catalog
