#include "catalog/graph_formats.hpp"
#include "catalog/shown_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace iib::catalog {
namespace {

/// So many bundles skipped in a row are told in one line: some list all that they outdate.
constexpr std::size_t kShortestRun = 3;

/// A line of the drawing: the lines of the graph, and columns beside them.
struct Row {
  std::string lines;
  std::string name;
  std::string version;
  std::vector<std::string> marks;
};

/// Draws one channel: first the line that leads down from the head, then what it does not reach.
class ChannelDrawing {
 public:
  ChannelDrawing(const PackageContents& package, const ChannelContents& channel)
      : package_{package},
        channel_{channel},
        places_{channel},
        drawn_(channel.nodes.size()),
        skipped_by_(channel.nodes.size(), channel.nodes.size()),
        is_replaced_(channel.nodes.size()),
        place_on_line_(channel.nodes.size(), channel.nodes.size()) {
    for (std::size_t i = 0; i < channel.nodes.size(); ++i) {
      const auto& node = channel.nodes[i];
      if (const auto place = places_.of(node.replaces); place < drawn_.size()) {
        is_replaced_[place] = place != i;
      }
      for (const auto& skipped : node.skips) {
        if (const auto place = places_.of(skipped); place < drawn_.size()) skipped_by_[place] = i;
      }
    }
  }

  std::string draw() {
    const auto head = places_.of(channel_.head);
    if (head < drawn_.size()) {
      draw_line(head);
    } else {
      rows_.push_back({"  ",
                       fmt::format("the head {} has no place in the graph", shown(channel_.head)),
                       {},
                       {}});
    }
    // Tops of branches first; what is left after them goes round in circles.
    for (const bool any : {false, true}) {
      for (std::size_t i = 0; i < drawn_.size(); ++i) {
        if (!drawn_[i] && !is_told(i) && (any || !is_replaced_[i])) draw_branch(i);
      }
    }
    return aligned();
  }

 private:
  /// Whether a line that says `skipped` tells everything about the node.
  [[nodiscard]] bool is_told(std::size_t node) const {
    const auto by = skipped_by_[node];
    return by < drawn_.size() && by != node && channel_.nodes[node].replaces.empty() &&
           channel_.nodes[node].skips.empty() && !is_replaced_[node];
  }

  void draw_branch(std::size_t top) {
    const auto by = skipped_by_[top];
    rows_.push_back({"", "", {}, {}});
    rows_.push_back({"  ",
                     by < drawn_.size()
                         ? fmt::format("branch, skipped by {}:", shown(channel_.nodes[by].bundle))
                         : std::string{"branch that the head does not lead to:"},
                     {},
                     {}});
    draw_line(top);
  }

  /// Draws the nodes that follow each other from `top` down, as far as they are not drawn yet.
  void draw_line(std::size_t top) {
    std::vector<std::size_t> line;
    std::size_t next = top;
    while (next < drawn_.size() && !drawn_[next]) {
      drawn_[next] = true;
      place_on_line_[next] = line.size();
      line.push_back(next);
      next = places_.of(channel_.nodes[next].replaces);
    }
    for (const auto node : line) {
      if (node != top) rows_.push_back({"  |", "", {}, {}});
      draw_node(node, line);
    }
    if (next < drawn_.size()) {
      rows_.push_back({"  |", "", {}, {}});
      rows_.push_back({"  ^ ", shown(channel_.nodes[next].bundle), {}, {"see above"}});
    }
  }

  void draw_node(std::size_t node, const std::vector<std::size_t>& line) {
    const auto& drawn = channel_.nodes[node];
    add_row("  * ", drawn.bundle, drawn.bundle == channel_.head ? "head" : "");
    const auto first_skip = rows_.size();
    const auto run = skipped_run(node, line);
    const auto end_of_run = place_on_line_[node] + run;
    for (const auto& skipped : drawn.skips) {
      if (run == 0 || !is_between(skipped, line, place_on_line_[node], end_of_run)) {
        add_row("  |-x ", skipped, "skipped");
      }
    }
    if (run > 0) {
      add_row("  |-x ", channel_.nodes[line[end_of_run]].bundle,
              fmt::format("skipped, and the {} between", run - 1));
    }
    if (!drawn.skip_range.empty()) {
      rows_.push_back({"  |-x ", shown(drawn.skip_range), {}, {"skipped range"}});
    }
    const bool leads_on = places_.of(drawn.replaces) < drawn_.size();
    if (!leads_on && rows_.size() > first_skip) rows_.back().lines = "  `-x ";
  }

  /// How many nodes right below `node` on its line it skips without a gap, if they are so many that
  /// naming each would hide the rest; else 0.
  [[nodiscard]] std::size_t skipped_run(std::size_t node,
                                        const std::vector<std::size_t>& line) const {
    if (channel_.nodes[node].skips.size() < kShortestRun) return 0;
    const auto begin = place_on_line_[node] + 1;
    std::vector<bool> skipped(line.size() - begin);
    for (const auto& name : channel_.nodes[node].skips) {
      if (!is_between(name, line, begin - 1, line.size() - 1)) continue;
      skipped[place_on_line_[places_.of(name)] - begin] = true;
    }
    const auto length = static_cast<std::size_t>(std::find(skipped.begin(), skipped.end(), false) -
                                                 skipped.begin());
    return length < kShortestRun ? 0 : length;
  }

  /// Whether `name` stands on `line` after the place `after` and not after `last`.
  [[nodiscard]] bool is_between(const std::string& name, const std::vector<std::size_t>& line,
                                std::size_t after, std::size_t last) const {
    const auto node = places_.of(name);
    if (node == drawn_.size()) return false;
    const auto place = place_on_line_[node];
    return place > after && place <= last && line[place] == node;
  }

  void add_row(std::string lines, const std::string& name, std::string_view mark) {
    const auto* bundle = package_.find_bundle(name);
    Row row{std::move(lines), shown(name), bundle != nullptr ? bundle->version : "", {}};
    if (!row.version.empty()) row.version = shown(row.version);
    if (!mark.empty()) row.marks.emplace_back(mark);
    if (bundle == nullptr) row.marks.emplace_back("no such bundle");
    if (bundle != nullptr && bundle->deprecated) row.marks.emplace_back("deprecated");
    rows_.push_back(std::move(row));
  }

  [[nodiscard]] std::string aligned() const {
    std::size_t name_end = 0;
    std::size_t version_width = 0;
    for (const auto& row : rows_) {
      if (row.version.empty() && row.marks.empty()) continue;
      name_end = std::max(name_end, std::min(row.lines.size() + row.name.size(), kWidestName));
      version_width = std::max(version_width, std::min(row.version.size(), kWidestName));
    }
    std::string text;
    for (const auto& row : rows_) {
      auto line = fmt::format("{:<{}}", row.lines + row.name, name_end);
      const auto add_column = [&line](std::string_view cell, std::size_t width) {
        if (width > 0) fmt::format_to(std::back_inserter(line), "  {:<{}}", cell, width);
      };
      add_column(row.version, version_width);
      add_column(fmt::format("{}", fmt::join(row.marks, ", ")), 1);
      line.erase(line.find_last_not_of(' ') + 1);
      text += line;
      text += '\n';
    }
    return text;
  }

  const PackageContents& package_;
  const ChannelContents& channel_;
  NodePlaces places_;
  std::vector<bool> drawn_;
  std::vector<std::size_t> skipped_by_;
  std::vector<bool> is_replaced_;
  std::vector<std::size_t> place_on_line_;  ///< Of what is drawn; else the number of nodes.
  std::vector<Row> rows_;
};

}  // namespace

std::string draw_text(const PackageContents& package) {
  auto text = fmt::format("package {}, default channel {}\n", shown(package.name),
                          shown(package.default_channel));
  for (const auto& channel : package.channels) {
    text += fmt::format("\n{}\n", channel_title(package, channel));
    text += ChannelDrawing{package, channel}.draw();
  }
  return text + "\n* bundle   | replaces the one below   x skips\n";
}

}  // namespace iib::catalog
