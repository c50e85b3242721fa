#include "cli/bundle_report.hpp"
#include "cli/output.hpp"
#include "iib/base/log.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace iib::cli {
namespace {

using bundle::Change;
using Lines = std::vector<std::string>;

/// A line beyond this is cut: it is a description or an image, not a pull specification.
constexpr std::size_t kLongestLine = 2000;

/// What is shown of the same text before and after a difference within a line.
constexpr std::size_t kContext = 40;

void add_text(Lines& lines, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string short_text(const io::JsonValue& value) {
  const auto text = io::as_text(value);
  return text ? std::string{*text} : io::to_json(value);
}

/// A value as lines that can be compared: a line each of a text, an element of a list, a pair of a
/// map. The two texts of an element of relatedImages are one line.
Lines lines_of(const std::string& json) {
  const auto value = io::parse_json(json);
  Lines lines;
  if (value.IsArray()) {
    for (const auto& element : value.GetArray()) {
      const auto name = io::text_member(element, "name");
      const auto image = io::text_member(element, "image");
      const bool is_image = name && image && element.MemberCount() == 2;
      lines.push_back(is_image ? fmt::format("{}: {}", *name, *image) : short_text(element));
    }
  } else if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      lines.push_back(fmt::format("{}: {}", *io::as_text(member.name), short_text(member.value)));
    }
  } else {
    add_text(lines, short_text(value));
  }
  if (lines.empty()) lines.push_back(json);  // such as "", [] and {}
  return lines;
}

/// Takes the lines away that both have at their begins and at their ends.
void keep_differences(Lines& old, Lines& now) {
  const auto begins = std::mismatch(old.begin(), old.end(), now.begin(), now.end());
  old.erase(old.begin(), begins.first);
  now.erase(now.begin(), begins.second);
  while (!old.empty() && !now.empty() && old.back() == now.back()) {
    old.pop_back();
    now.pop_back();
  }
}

bool inside_character(const std::string& text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

std::string cut(const std::string& text, std::size_t before, std::size_t after) {
  std::size_t begin = before > kContext ? before - kContext : 0;
  while (inside_character(text, begin)) --begin;
  std::size_t end = after > kContext ? text.size() - after + kContext : text.size();
  while (inside_character(text, end)) ++end;
  return fmt::format("{}{}{}", begin > 0 ? "..." : "", text.substr(begin, end - begin),
                     end < text.size() ? "..." : "");
}

/// Shortens two long lines to what differs in them.
void shorten(std::string& old, std::string& now) {
  constexpr std::size_t kShort = 200;
  if (old.size() <= kShort && now.size() <= kShort) return;
  const auto begins = std::mismatch(old.begin(), old.end(), now.begin(), now.end());
  const auto before = static_cast<std::size_t>(begins.first - old.begin());
  const auto ends = std::mismatch(old.rbegin(), old.rend(), now.rbegin(), now.rend());
  const auto after = std::min(static_cast<std::size_t>(ends.first - old.rbegin()),
                              std::min(old.size(), now.size()) - before);
  old = cut(old, before, after);
  now = cut(now, before, after);
}

void add_lines(std::string& text, const Lines& lines, std::string_view sign, Emphasis emphasis,
               const Style& style) {
  for (const auto& line : lines) {
    const auto shown = fmt::format("    {} {}", sign, one_line(line, kLongestLine));
    text += style.paint(emphasis, shown) + "\n";
  }
}

std::string text_of(const Change& change, const Style& style) {
  auto text = fmt::format("  {}  {}\n", one_line(change.place),
                          style.paint(Emphasis::faint, one_line(change.why)));
  auto old = change.old ? lines_of(*change.old) : Lines{};
  auto now = lines_of(change.now);
  keep_differences(old, now);
  if (old.size() == now.size()) {
    for (std::size_t i = 0; i < old.size(); ++i) shorten(old[i], now[i]);
  }
  add_lines(text, old, "-", Emphasis::bad, style);
  add_lines(text, now, "+", Emphasis::good, style);
  return text;
}

}  // namespace

std::string difference_of(const bundle::Regenerated& regenerated) {
  const auto style = Style::of_standard_output();
  std::string text;
  std::optional<std::string_view> file;
  for (const auto& change : regenerated.changes) {
    if (file != change.file) {
      text += style.paint(Emphasis::strong, one_line(change.file)) + "\n";
      file = change.file;
    }
    text += text_of(change, style);
  }
  return text;
}

}  // namespace iib::cli
