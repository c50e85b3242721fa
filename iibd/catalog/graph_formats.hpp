#pragma once

#include "iib/catalog/contents.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

// One function per format, each in a file of its own.
[[nodiscard]] std::string draw_text(const PackageContents& package);
[[nodiscard]] std::string draw_dot(const PackageContents& package);
[[nodiscard]] std::string draw_mermaid(const PackageContents& package);

/// The place of each name among the nodes of a channel.
class NodePlaces {
 public:
  explicit NodePlaces(const ChannelContents& channel);
  /// Where `bundle` stands; the number of nodes when it does not.
  [[nodiscard]] std::size_t of(std::string_view bundle) const;

 private:
  std::vector<std::pair<std::string_view, std::size_t>> sorted_;
};

/// The lines of a node's box, ready to be escaped: its name, its version, and what is special.
[[nodiscard]] std::vector<std::string> box_lines(const PackageContents& package,
                                                 const ChannelContents& channel,
                                                 const ChannelNode& node);

/// The channel's name, and whether it is the default one.
[[nodiscard]] std::string channel_title(const PackageContents& package,
                                        const ChannelContents& channel);

}  // namespace iib::catalog
