#pragma once

#include "csv_scan.hpp"
#include "iib/bundle/refusal.hpp"

#include <vector>

namespace iib::bundle {

/// What a CSV file holds, as far as it can be read.
struct EntryScan {
  std::vector<Entry> entries;     ///< In the order of bundle-regeneration 4.
  std::vector<Refusal> problems;  ///< What is wrong, in that order; at most kMaxProblems.
};

/// More than these say nothing new.
constexpr std::size_t kMaxProblems = 100;

/// Every entry of `csv` and everything that find_entries() would refuse it for.
[[nodiscard]] EntryScan scan_entries(const Manifest& csv);

}  // namespace iib::bundle
