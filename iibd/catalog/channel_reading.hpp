#pragma once

#include "iib/catalog/contents.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iib::catalog {

/// A row of `channel_entry` of one channel.
struct EntryRow {
  std::int64_t id = 0;
  std::string bundle;
  std::optional<std::int64_t> replaces;  ///< Another row's id.
  std::int64_t depth = 0;
};

/// The update graph that the rows of a channel stand for, read as other tools do (catalog-sqlite
/// 5.7): following the rows from the head gives what each bundle replaces, every other row that
/// refers to another is a skip.
[[nodiscard]] std::vector<ChannelNode> nodes_of(std::string_view head, std::vector<EntryRow> rows);

}  // namespace iib::catalog
