#include "catalog/version.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <compare>

namespace iib::catalog {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_part_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool is_part(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_part_character);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Cuts `text` at the first `separator` and returns what stood before it.
std::string_view take_until(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return head;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  Version version;
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    auto parts = text.substr(plus + 1);
    version.build_ = std::string{parts};
    text = text.substr(0, plus);
    for (bool more = true; more;) {
      more = parts.find('.') != std::string_view::npos;
      if (!is_part(take_until(parts, '.'))) return std::nullopt;
    }
  }
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    auto parts = parse_parts(text.substr(dash + 1));
    if (!parts) return std::nullopt;
    version.prerelease_ = std::move(*parts);
    text = text.substr(0, dash);
  }
  if (std::count(text.begin(), text.end(), '.') != 2) return std::nullopt;
  for (auto& number : version.core_) {
    const auto parsed = parse_number(take_until(text, '.'));
    if (!parsed) return std::nullopt;
    number = *parsed;
  }
  return version;
}

Version Version::lowest() {
  Version version;
  version.prerelease_ = {std::string{"z"}};
  return version;
}

std::optional<Version::Part> Version::parse_part(std::string_view text) {
  if (!is_part(text)) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), is_digit)) return Part{std::string{text}};
  const auto number = parse_number(text);
  if (!number) return std::nullopt;
  return Part{*number};
}

std::optional<std::vector<Version::Part>> Version::parse_parts(std::string_view text) {
  std::vector<Part> parts;
  for (bool more = true; more;) {
    more = text.find('.') != std::string_view::npos;
    auto part = parse_part(take_until(text, '.'));
    if (!part) return std::nullopt;
    parts.push_back(std::move(*part));
  }
  return parts;
}

std::vector<Version::Part> Version::build_parts() const {
  if (build_.empty()) return {};
  auto parts = parse_parts(build_);
  if (parts) return std::move(*parts);
  throw UserError{
      fmt::format("versions that differ only in their build metadata cannot be compared: +{} has a "
                  "numeric part with a leading zero",
                  build_)};
}

std::strong_ordering Version::precedence(const Version& other) const {
  if (const auto order = core_ <=> other.core_; std::is_neq(order)) return order;
  if (prerelease_.empty() != other.prerelease_.empty()) {
    return prerelease_.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  }
  return prerelease_ <=> other.prerelease_;
}

std::strong_ordering Version::full_order(const Version& other) const {
  if (const auto order = precedence(other); std::is_neq(order)) return order;
  return build_parts() <=> other.build_parts();
}

}  // namespace iib::catalog
