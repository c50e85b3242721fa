#pragma once

#include "iib/catalog/contents.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace iib::catalog {

/// How an update graph is drawn.
enum class GraphFormat {
  text,     ///< For people: each channel from its head down.
  dot,      ///< For Graphviz.
  mermaid,  ///< A flowchart for pages that draw Mermaid.
  json,     ///< For scripts: the package as one object.
};

/// The format of that name; nothing when there is none.
[[nodiscard]] std::optional<GraphFormat> graph_format(std::string_view name);

/// Draws the update graph of each channel of `package`, which should have been read in full. Ends
/// with a line feed. Any name is safe: it is escaped as the format wants it, and cycles end.
[[nodiscard]] std::string draw_graph(const PackageContents& package, GraphFormat format);

}  // namespace iib::catalog
