#include "ocp_versions.hpp"

#include <algorithm>
#include <charconv>

namespace iib::task {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr auto kSpace = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// The versions that `parts` are; nothing when one is none.
std::optional<std::vector<OcpVersion>> parse_all(const std::vector<std::string_view>& parts) {
  std::vector<OcpVersion> versions;
  for (const auto part : parts) {
    auto version = OcpVersion::parse(part);
    if (!version) return std::nullopt;
    versions.push_back(*std::move(version));
  }
  return versions;
}

OcpFit fit(bool fits) {
  return fits ? OcpFit::yes : OcpFit::no;
}

/// `=v4.6` or `>=v4.6`.
OcpFit fits_condition(std::string_view condition, const OcpVersion& version) {
  constexpr std::string_view kAtLeast = ">=";
  const bool at_least = condition.starts_with(kAtLeast);
  if (!at_least && !condition.starts_with('=')) return OcpFit::unreadable;
  const auto bound = OcpVersion::parse(condition.substr(at_least ? kAtLeast.size() : 1));
  if (!bound) return OcpFit::unreadable;
  return fit(at_least ? version >= *bound : version == *bound);
}

/// `=v4.5|>=v4.7`: one that cannot be read spoils them all.
OcpFit fits_any(std::string_view label, const OcpVersion& version) {
  auto result = OcpFit::no;
  for (const auto condition : split(label, '|')) {
    switch (fits_condition(condition, version)) {
      case OcpFit::unreadable:
        return OcpFit::unreadable;
      case OcpFit::yes:
        result = OcpFit::yes;
        break;
      case OcpFit::no:
        break;
    }
  }
  return result;
}

/// `v4.5-v4.7`
OcpFit fits_range(std::string_view label, const OcpVersion& version) {
  const auto ends = parse_all(split(label, '-'));
  if (!ends || ends->size() != 2 || ends->front() > ends->back()) return OcpFit::unreadable;
  return fit(ends->front() <= version && version <= ends->back());
}

/// `v4.5,v4.6`, or a single one: that version and all after it.
OcpFit fits_list(std::string_view label, const OcpVersion& version) {
  const auto versions = parse_all(split(label, ','));
  if (!versions) return OcpFit::unreadable;
  return fit(version >= *std::ranges::min_element(*versions));
}

}  // namespace

std::optional<OcpVersion> OcpVersion::parse(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
  OcpVersion version;
  for (const auto part : split(text, '.')) {
    const auto* const end = part.data() + part.size();
    unsigned number = 0;
    const auto read = std::from_chars(part.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    version.numbers_.push_back(number);
  }
  while (!version.numbers_.empty() && version.numbers_.back() == 0) version.numbers_.pop_back();
  return version;
}

OcpFit fits(std::string_view label, const OcpVersion& version) {
  label = trimmed(label);
  // The order decides what a label with several of these signs is.
  if (label.find('|') != std::string_view::npos) return fits_any(label, version);
  if (label.starts_with('=')) return fits_condition(label, version);
  if (label.find('-') != std::string_view::npos) return fits_range(label, version);
  return fits_list(label, version);
}

}  // namespace iib::task
