#include "iib/catalog/graph_drawing.hpp"

#include "catalog/contents_json.hpp"
#include "catalog/graph_formats.hpp"
#include "catalog/shown_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace iib::catalog {

NodePlaces::NodePlaces(const ChannelContents& channel) {
  for (std::size_t i = 0; i < channel.nodes.size(); ++i) {
    sorted_.emplace_back(channel.nodes[i].bundle, i);
  }
  std::sort(sorted_.begin(), sorted_.end());
}

std::size_t NodePlaces::of(std::string_view bundle) const {
  const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), std::pair{bundle, 0UL});
  return found != sorted_.end() && found->first == bundle ? found->second : sorted_.size();
}

std::vector<std::string> box_lines(const PackageContents& package, const ChannelContents& channel,
                                   const ChannelNode& node) {
  std::vector<std::string> lines{shown(node.bundle)};
  const auto* bundle = package.find_bundle(node.bundle);
  if (bundle == nullptr) {
    lines.emplace_back("no such bundle");
  } else if (!bundle->version.empty()) {
    lines.push_back(shown(bundle->version));
  }
  if (node.bundle == channel.head) lines.emplace_back("head");
  if (bundle != nullptr && bundle->deprecated) lines.emplace_back("deprecated");
  if (!node.skip_range.empty()) lines.push_back("skips the range " + shown(node.skip_range));
  return lines;
}

std::string channel_title(const PackageContents& package, const ChannelContents& channel) {
  return fmt::format("channel {}{}", shown(channel.name),
                     channel.name == package.default_channel ? " (default)" : "");
}

std::optional<GraphFormat> graph_format(std::string_view name) {
  if (name == "text") return GraphFormat::text;
  if (name == "dot") return GraphFormat::dot;
  if (name == "mermaid") return GraphFormat::mermaid;
  if (name == "json") return GraphFormat::json;
  return std::nullopt;
}

std::string draw_graph(const PackageContents& package, GraphFormat format) {
  switch (format) {
    case GraphFormat::text:
      return draw_text(package);
    case GraphFormat::dot:
      return draw_dot(package);
    case GraphFormat::mermaid:
      return draw_mermaid(package);
    case GraphFormat::json:
      return to_json(package) + '\n';
  }
  return {};
}

}  // namespace iib::catalog
