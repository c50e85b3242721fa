#include "catalog/fbc/ignore.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cstddef>
#include <span>

namespace iib::catalog::fbc {
namespace {

constexpr std::string_view kAnyNames = "**";
/// Honest files have a handful; each is tried on every file of the catalog.
constexpr std::size_t kMaxPatterns = 10'000;

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0) names.push_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return names;
}

bool matches(const std::string& part, std::string_view name) {
  return ::fnmatch(part.c_str(), std::string{name}.c_str(), 0) == 0;
}

/// Whether `parts` fit exactly `names`. By table, for backtracking over many `**` takes for ever.
bool match_parts(const std::vector<std::string>& parts, std::span<const std::string_view> names) {
  std::vector<bool> fits(names.size() + 1, false);
  fits[0] = true;
  for (const auto& part : parts) {
    std::vector<bool> next(names.size() + 1, false);
    if (part == kAnyNames) {
      next[0] = fits[0];
      for (std::size_t i = 1; i <= names.size(); ++i) next[i] = next[i - 1] || fits[i];
    } else {
      for (std::size_t i = 1; i <= names.size(); ++i) {
        next[i] = fits[i - 1] && matches(part, names[i - 1]);
      }
    }
    fits = std::move(next);
  }
  return fits.back();
}

}  // namespace

std::optional<IgnoreRules::Pattern> IgnoreRules::parse(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with('#')) return std::nullopt;
  const bool blank_is_meant = line.ends_with("\\ ");
  while (!blank_is_meant && (line.ends_with(' ') || line.ends_with('\t'))) line.remove_suffix(1);
  Pattern pattern;
  pattern.negated = line.starts_with('!');
  if (pattern.negated) line.remove_prefix(1);
  pattern.only_directories = line.ends_with('/');
  if (pattern.only_directories) line.remove_suffix(1);
  if (line.empty()) return std::nullopt;
  // A slash that is not the last character ties the pattern to its directory.
  const bool anchored = line.find('/') != std::string_view::npos;
  if (!anchored) pattern.parts.emplace_back(kAnyNames);
  for (const auto part : split(line)) pattern.parts.emplace_back(part);
  return pattern;
}

void IgnoreRules::add(std::string_view directory, std::string_view text) {
  const auto names = split(directory);
  while (!text.empty() && patterns_.size() < kMaxPatterns) {
    const auto end = text.find('\n');
    auto pattern = parse(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (!pattern) continue;
    pattern->directory.assign(names.begin(), names.end());
    patterns_.push_back(std::move(*pattern));
  }
}

bool IgnoreRules::fits(const Pattern& pattern, const std::vector<std::string_view>& names) {
  const auto depth = pattern.directory.size();
  if (names.size() <= depth) return false;
  if (!std::equal(pattern.directory.begin(), pattern.directory.end(), names.begin())) return false;
  const auto below = std::span{names}.subspan(depth);
  // What is said of a directory holds for all that is in it.
  for (std::size_t count = 1; count <= below.size(); ++count) {
    const bool is_the_file = count == below.size();
    if (is_the_file && pattern.only_directories) return false;
    if (match_parts(pattern.parts, below.first(count))) return true;
  }
  return false;
}

bool IgnoreRules::ignores(std::string_view path) const {
  if (patterns_.empty()) return false;
  const auto names = split(path);
  const auto last = std::find_if(patterns_.rbegin(), patterns_.rend(),
                                 [&](const Pattern& pattern) { return fits(pattern, names); });
  return last != patterns_.rend() && !last->negated;
}

}  // namespace iib::catalog::fbc
