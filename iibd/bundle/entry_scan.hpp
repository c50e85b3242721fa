#pragma once

#include "csv_scan.hpp"
#include "iib/bundle/refusal.hpp"
#include "iib/bundle/regenerate.hpp"

#include <string>
#include <vector>

namespace iib::bundle {

/// What a CSV file holds, as far as it can be read.
struct EntryScan {
  std::vector<Entry> entries;     ///< In the order of bundle-regeneration 4.
  std::vector<Refusal> problems;  ///< What find_entries() refuses, in that order; not too many.
};

/// Every entry of `csv` and everything that is wrong with it.
[[nodiscard]] EntryScan scan_entries(const Manifest& csv);

/// `entry` of the manifest `file` as others see it.
[[nodiscard]] NamedImage named_image(const std::string& file, const Entry& entry);

}  // namespace iib::bundle
