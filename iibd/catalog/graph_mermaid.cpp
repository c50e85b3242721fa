#include "catalog/graph_formats.hpp"

#include <fmt/format.h>

#include <iterator>

namespace iib::catalog {
namespace {

/// The text between the quotes of a Mermaid label, where these have a meaning: entities are written
/// with `#`, and what remains may become HTML or Markdown.
std::string escaped(std::string_view text) {
  constexpr std::string_view kSpecial = "\"#&;<>\\`*_";
  std::string result;
  for (const char each : text) {
    if (kSpecial.find(each) == std::string_view::npos) {
      result += each;
    } else {
      fmt::format_to(std::back_inserter(result), "#{};", static_cast<int>(each));
    }
  }
  return result;
}

std::string_view class_of(const PackageContents& package, const ChannelContents& channel,
                          const ChannelNode& node) {
  const auto* bundle = package.find_bundle(node.bundle);
  if (bundle == nullptr) return ":::stub";
  if (bundle->deprecated) return ":::deprecated";
  if (node.bundle == channel.head) return ":::head";
  return "";
}

void draw_channel(std::string& text, const PackageContents& package, std::size_t number) {
  const auto& channel = package.channels[number];
  const NodePlaces places{channel};
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "  subgraph c{}[\"{}\"]\n", number, escaped(channel_title(package, channel)));
  for (std::size_t i = 0; i < channel.nodes.size(); ++i) {
    std::string label;
    for (const auto& line : box_lines(package, channel, channel.nodes[i])) {
      if (!label.empty()) label += "<br/>";
      label += escaped(line);
    }
    fmt::format_to(out, "    c{}n{}[\"{}\"]{}\n", number, i, label,
                   class_of(package, channel, channel.nodes[i]));
  }
  const auto edge = [&](std::size_t from, std::string_view to, std::string_view arrow) {
    if (const auto place = places.of(to); place < channel.nodes.size()) {
      fmt::format_to(out, "    c{0}n{1} {3} c{0}n{2}\n", number, from, place, arrow);
    }
  };
  for (std::size_t i = 0; i < channel.nodes.size(); ++i) {
    const auto& node = channel.nodes[i];
    if (!node.replaces.empty()) edge(i, node.replaces, "-->|replaces|");
    for (const auto& skipped : node.skips) edge(i, skipped, "-.->|skips|");
  }
  text += "  end\n";
}

}  // namespace

std::string draw_mermaid(const PackageContents& package) {
  std::string text = "flowchart TD\n";
  for (std::size_t i = 0; i < package.channels.size(); ++i) draw_channel(text, package, i);
  return text +
         "  classDef head stroke-width:3px\n"
         "  classDef deprecated fill:#ddd\n"
         "  classDef stub stroke-dasharray:4 4,color:#666\n";
}

}  // namespace iib::catalog
