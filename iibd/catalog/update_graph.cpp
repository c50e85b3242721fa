#include "catalog/update_graph.hpp"

namespace iib::catalog {

std::set<std::string, std::less<>> ChannelNodes::reachable() const {
  std::set<std::string, std::less<>> seen;
  std::vector<std::string> waiting = heads;
  while (!waiting.empty()) {
    const auto name = std::move(waiting.back());
    waiting.pop_back();
    const auto node = edges.find(name);
    if (node == edges.end() || !seen.insert(name).second) continue;
    waiting.insert(waiting.end(), node->second.begin(), node->second.end());
  }
  return seen;
}

}  // namespace iib::catalog
