#include "catalog/graph_formats.hpp"
#include "catalog/shown_name.hpp"

#include <fmt/format.h>

#include <iterator>

namespace iib::catalog {
namespace {

/// The text between the quotes of a DOT string; labels know backslashes and HTML's entities, too.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char each : text) {
    if (each == '"' || each == '\\') result += '\\';
    result += each;
    if (each == '&') result += "amp;";
  }
  return result;
}

std::string_view style_of(const PackageContents& package, const ChannelContents& channel,
                          const ChannelNode& node) {
  const auto* bundle = package.find_bundle(node.bundle);
  if (bundle == nullptr) return ", style=dashed, fontcolor=gray40";
  if (bundle->deprecated) return ", style=filled, fillcolor=lightgray";
  if (node.bundle == channel.head) return ", style=bold";
  return "";
}

void draw_channel(std::string& text, const PackageContents& package, std::size_t number) {
  const auto& channel = package.channels[number];
  const NodePlaces places{channel};
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "  subgraph cluster_{} {{\n    label=\"{}\";\n", number,
                 escaped(channel_title(package, channel)));
  for (std::size_t i = 0; i < channel.nodes.size(); ++i) {
    std::string label;
    for (const auto& line : box_lines(package, channel, channel.nodes[i])) {
      if (!label.empty()) label += "\\n";
      label += escaped(line);
    }
    fmt::format_to(out, "    c{}n{} [label=\"{}\"{}];\n", number, i, label,
                   style_of(package, channel, channel.nodes[i]));
  }
  const auto edge = [&](std::size_t from, std::string_view to, std::string_view style) {
    if (const auto place = places.of(to); place < channel.nodes.size()) {
      fmt::format_to(out, "    c{0}n{1} -> c{0}n{2} [{3}];\n", number, from, place, style);
    }
  };
  for (std::size_t i = 0; i < channel.nodes.size(); ++i) {
    const auto& node = channel.nodes[i];
    if (!node.replaces.empty()) edge(i, node.replaces, "label=\"replaces\"");
    for (const auto& skipped : node.skips) edge(i, skipped, "label=\"skips\", style=dashed");
  }
  text += "  }\n";
}

}  // namespace

std::string draw_dot(const PackageContents& package) {
  auto text = fmt::format(
      "digraph \"{}\" {{\n"
      "  graph [rankdir=TB, fontname=\"sans-serif\"];\n"
      "  node [shape=box, fontname=\"sans-serif\"];\n"
      "  edge [fontname=\"sans-serif\", fontsize=10];\n",
      escaped(shown(package.name)));
  for (std::size_t i = 0; i < package.channels.size(); ++i) draw_channel(text, package, i);
  return text + "}\n";
}

}  // namespace iib::catalog
