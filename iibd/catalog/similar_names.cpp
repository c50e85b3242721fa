#include "catalog/similar_names.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace iib::catalog {
namespace {

constexpr std::size_t kMostSuggested = 3;
/// Longer names are no typing errors of each other, and the distance takes quadratic time.
constexpr std::size_t kLongestCompared = 100;
/// Shorter ones are part of too many names.
constexpr std::size_t kShortestPart = 3;

/// How many characters must be put in, left out or exchanged to make one text from the other
/// (Levenshtein), with one row of the table in memory.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const auto exchanged = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

bool is_typed_wrong(std::string_view wanted, std::string_view name) {
  return distance(wanted, name) <= 1 + wanted.size() / 4;
}

bool contains(std::string_view whole, std::string_view part) {
  return part.size() >= kShortestPart && whole.find(part) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> similar_names(std::string_view wanted,
                                       std::span<const std::string> known) {
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const auto& name : known) {
    if (std::max(wanted.size(), name.size()) > kLongestCompared) continue;
    const auto first_word = std::string_view{name}.substr(0, name.find('-'));
    if (is_typed_wrong(wanted, name) || is_typed_wrong(wanted, first_word) ||
        contains(name, wanted) || contains(wanted, name)) {
      found.emplace_back(distance(wanted, name), name);
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (auto& [apart, name] : found) {
    if (names.size() == kMostSuggested) break;
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace iib::catalog
