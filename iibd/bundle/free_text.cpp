#include "csv_scan.hpp"

#include <algorithm>

// Pull specifications in free text (bundle-regeneration 5). Each byte is looked at a fixed number
// of times: annotations are as long as their author likes.
namespace iib::bundle {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kDigestMark = "sha256:";
constexpr std::size_t kDigestDigits = 64;

// Not <cctype>, whose answers depend on the locale.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_hexadecimal(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_name_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
}
constexpr bool is_run_character(char c) {
  return is_name_character(c) || c == '/' || c == '@' || c == ':';
}

bool is_basic_name(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_registry(std::string_view text) {
  const auto host = text.substr(0, text.find(':'));
  if (host.size() < text.size()) {
    const auto port = text.substr(host.size() + 1);
    if (port.empty() || port.find_first_not_of(kDigits) != std::string_view::npos) return false;
  }
  return is_basic_name(host) && host.find('.') != std::string_view::npos;
}

/// A repository with its tag or digest, but not both.
bool is_tagged_repository(std::string_view text) {
  const auto end = text.find_first_of(":@");
  if (end == std::string_view::npos || !is_basic_name(text.substr(0, end))) return false;
  auto tag = text.substr(end + 1);
  if (text[end] == ':') return is_basic_name(tag);
  if (!tag.starts_with(kDigestMark)) return false;
  tag.remove_prefix(kDigestMark.size());
  return tag.size() == kDigestDigits && std::all_of(tag.begin(), tag.end(), is_hexadecimal);
}

/// `registry/(namespace/)*repository` with a tag or a digest.
bool is_pull_spec(std::string_view text) {
  auto slash = text.find('/');
  if (slash == std::string_view::npos || !is_registry(text.substr(0, slash))) return false;
  text.remove_prefix(slash + 1);
  for (slash = text.find('/'); slash != std::string_view::npos; slash = text.find('/')) {
    if (!is_basic_name(text.substr(0, slash))) return false;
    text.remove_prefix(slash + 1);
  }
  return is_tagged_repository(text);
}

}  // namespace

std::vector<FoundText> find_in_text(std::string_view text) {
  std::vector<FoundText> found;
  auto run = text.begin();
  while ((run = std::find_if(run, text.end(), is_run_character)) != text.end()) {
    const auto run_end = std::find_if_not(run, text.end(), is_run_character);
    const auto begin = std::find_if(run, run_end, is_alphanumeric);
    auto end = run_end;
    while (end != begin && !is_alphanumeric(*(end - 1))) --end;
    const auto offset = static_cast<std::size_t>(begin - text.begin());
    const auto piece = text.substr(offset, static_cast<std::size_t>(end - begin));
    if (is_pull_spec(piece)) found.push_back({offset, piece});
    run = run_end;
  }
  return found;
}

}  // namespace iib::bundle
