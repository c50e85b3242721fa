#include "option.hpp"

#include <algorithm>
#include <numeric>

namespace iib::config {
namespace {

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return result;
}

/// How many letters must be put in, taken out or replaced to turn one text into the other.
std::size_t edit_distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

template <class Visit>
void each_option(Visit visit) {
  for (const auto& section : sections()) {
    for (const auto& row : section.options) visit(row);
  }
}

}  // namespace

const std::vector<Section>& sections() {
  static const std::vector<Section> table{
      service_options(), user_options(),   queue_options(), image_options(),   limit_options(),
      index_options(),   bundle_options(), log_options(),   message_options(), unneeded_options()};
  return table;
}

const Option* find_option(std::string_view name) {
  const Option* found = nullptr;
  each_option([&](const Option& row) {
    if (row.name == name) found = &row;
  });
  return found;
}

const Option& nearest_option(std::string_view name) {
  constexpr std::size_t kLongestName = 100;  // the table is quadratic; no option comes near it
  const auto wanted = lower(name.substr(0, kLongestName));
  const Option* nearest = nullptr;
  std::size_t least = 0;
  each_option([&](const Option& row) {
    const auto distance = edit_distance(wanted, row.name);
    if (nearest != nullptr && distance >= least) return;
    nearest = &row;
    least = distance;
  });
  return *nearest;
}

Option secret(Option row) {
  row.visibility = Visibility::secret;
  return row;
}

}  // namespace iib::config
