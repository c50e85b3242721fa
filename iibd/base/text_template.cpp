#include "iib/base/text_template.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib {
namespace {

constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";

[[noreturn]] void fail(std::string_view text, std::string_view problem) {
  throw UserError{
      fmt::format("the template '{}' {}; placeholders are written {{name}}, braces that stand for "
                  "themselves {{{{ and }}}}",
                  text, problem)};
}

}  // namespace

TextTemplate::TextTemplate(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char byte = text[at];
    if (byte != '{' && byte != '}') {
      plain += byte;
      continue;
    }
    if (text.substr(at + 1, 1) == std::string_view{&byte, 1}) {
      plain += byte;
      ++at;
      continue;
    }
    if (byte == '}') fail(text, "has a closing brace without an opening one");
    const auto end = text.find('}', at);
    if (end == std::string_view::npos) fail(text, "has a brace that is not closed");
    const auto name = text.substr(at + 1, end - at - 1);
    if (name.empty()) fail(text, "has a placeholder without a name");
    if (name.find_first_not_of(kNameCharacters) != std::string_view::npos) {
      fail(text, fmt::format("has the placeholder '{}', which is no name", name));
    }
    if (!plain.empty()) pieces_.push_back({std::exchange(plain, {}), false});
    pieces_.push_back({std::string{name}, true});
    at = end;
  }
  if (!plain.empty()) pieces_.push_back({std::move(plain), false});
}

std::vector<std::string> TextTemplate::names() const {
  std::vector<std::string> names;
  for (const auto& piece : pieces_) {
    if (piece.is_name) names.push_back(piece.text);
  }
  return names;
}

std::string TextTemplate::fill(
    const std::function<std::string(const std::string&)>& value_of) const {
  std::string filled;
  for (const auto& piece : pieces_) filled += piece.is_name ? value_of(piece.text) : piece.text;
  return filled;
}

}  // namespace iib
