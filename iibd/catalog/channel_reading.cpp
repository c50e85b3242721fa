#include "catalog/channel_reading.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace iib::catalog {
namespace {

/// A channel while it is read; rows and nodes are known by their place in a list.
class Channel {
 public:
  explicit Channel(std::vector<EntryRow> rows) : rows_{std::move(rows)} {
    std::sort(rows_.begin(), rows_.end(), [](const EntryRow& a, const EntryRow& b) {
      return std::tie(a.depth, a.id) < std::tie(b.depth, b.id);
    });
    std::unordered_map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      row_of_id_.emplace(rows_[i].id, i);
      const auto [node, is_new] = known.emplace(rows_[i].bundle, nodes_.size());
      if (is_new) nodes_.push_back({rows_[i].bundle, {}, {}, {}});
      node_of_row_.push_back(node->second);
    }
  }

  std::vector<ChannelNode> read(std::string_view head) {
    const auto on_the_way = follow(head);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (on_the_way.contains(i)) continue;
      if (const auto next = target(i)) add_skip(node_of_row_[i], node_of_row_[*next]);
    }
    return std::move(nodes_);
  }

 private:
  [[nodiscard]] std::optional<std::size_t> target(std::size_t row) const {
    if (!rows_[row].replaces) return std::nullopt;
    const auto found = row_of_id_.find(*rows_[row].replaces);
    if (found == row_of_id_.end()) return std::nullopt;
    return found->second;
  }

  /// The rows passed on the way down from the head; ends where a cycle closes.
  std::unordered_set<std::size_t> follow(std::string_view head) {
    std::unordered_set<std::size_t> passed;
    const auto first = std::find_if(rows_.begin(), rows_.end(),
                                    [&](const EntryRow& row) { return row.bundle == head; });
    if (first == rows_.end()) return passed;
    std::optional<std::size_t> at = static_cast<std::size_t>(first - rows_.begin());
    while (at && passed.insert(*at).second) {
      const auto next = target(*at);
      if (next) replace(node_of_row_[*at], node_of_row_[*next]);
      at = next;
    }
    return passed;
  }

  void replace(std::size_t node, std::size_t replaced) {
    auto& name = nodes_[node].replaces;
    // A second one occurs only in a damaged graph.
    if (name.empty()) {
      name = nodes_[replaced].bundle;
    } else {
      add_skip(node, replaced);
    }
  }

  void add_skip(std::size_t node, std::size_t skipped) {
    // Both are below 2^32, for the number of rows is bounded.
    if (!skips_.insert((std::uint64_t{node} << 32U) | skipped).second) return;
    nodes_[node].skips.push_back(nodes_[skipped].bundle);
  }

  std::vector<EntryRow> rows_;
  std::unordered_map<std::int64_t, std::size_t> row_of_id_;
  std::vector<std::size_t> node_of_row_;
  std::vector<ChannelNode> nodes_;
  std::unordered_set<std::uint64_t> skips_;
};

}  // namespace

std::vector<ChannelNode> nodes_of(std::string_view head, std::vector<EntryRow> rows) {
  return Channel{std::move(rows)}.read(head);
}

}  // namespace iib::catalog
