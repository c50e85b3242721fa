#include "catalog/validation_rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace iib::catalog {
namespace {

/// Ten thousand bundles that skip a hundred others each stay below this.
constexpr std::size_t kMostEdges = 4'000'000;
/// Names of a cycle that fit into a sentence.
constexpr std::size_t kMostNames = 10;

constexpr auto kEdges = R"sql(
  SELECT entry.package_name, entry.channel_name, entry.operatorbundle_name,
         target.operatorbundle_name,
         EXISTS (SELECT 1 FROM operatorbundle WHERE name = entry.operatorbundle_name)
    FROM channel_entry AS entry
    LEFT JOIN channel_entry AS target ON target.entry_id = entry.replaces
   ORDER BY entry.package_name, entry.channel_name, entry.entry_id
)sql";

constexpr auto kHeads = R"sql(
  SELECT package_name, name, head_operatorbundle_name FROM channel
)sql";

/// The update graph of one channel, names as numbers.
class Graph {
 public:
  explicit Graph(Place place) : place_{std::move(place)} {}

  [[nodiscard]] bool is_of(const std::string& package, const std::string& channel) const {
    return place_.package == package && place_.channel == channel;
  }

  void add(const std::string& name, const std::string& target, bool real) {
    if (edges_ >= kMostEdges) return;
    const auto from = number_of(name);
    real_[from] = real_[from] || real;
    if (target.empty()) return;
    const auto to = number_of(target);
    targets_[from].push_back(to);
    ++edges_;
  }

  void check(const std::string& head, Breaches& breaches) {
    if (edges_ >= kMostEdges) {
      breaches.add(ProblemKind::invalid_graph, place_,
                   fmt::format("channel {} of package {} has more than {} edges: remove the "
                               "package",
                               place_.channel, place_.package, kMostEdges));
      return;
    }
    for (auto& targets : targets_) {
      std::sort(targets.begin(), targets.end());
      targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    }
    check_reachable(head, breaches);
    check_cycles(breaches);
  }

 private:
  using Node = std::size_t;

  Node number_of(const std::string& name) {
    const auto [found, is_new] = numbers_.try_emplace(name, names_.size());
    if (is_new) {
      names_.push_back(name);
      targets_.emplace_back();
      real_.push_back(false);
    }
    return found->second;
  }

  void check_reachable(const std::string& head, Breaches& breaches) const {
    const auto begin = numbers_.find(head);
    if (begin == numbers_.end()) return;  // the rules about heads tell
    std::vector<bool> reached(names_.size());
    std::vector<Node> waiting{begin->second};
    reached[begin->second] = true;
    while (!waiting.empty()) {
      const auto node = waiting.back();
      waiting.pop_back();
      for (const auto next : targets_[node]) {
        if (reached[next]) continue;
        reached[next] = true;
        waiting.push_back(next);
      }
    }
    for (Node node = 0; node < names_.size() && !breaches.is_full(); ++node) {
      if (!real_[node] || reached[node]) continue;
      auto place = place_;
      place.bundle = names_[node];
      breaches.add(ProblemKind::prunes, std::move(place),
                   fmt::format("bundle {} is in channel {} of package {}, but its head {} does not "
                               "lead to it: make the head, or a bundle below it, replace or skip "
                               "{}",
                               names_[node], place_.channel, place_.package, head, names_[node]));
    }
  }

  /// Looks for one way back; its remedy may break others.
  void check_cycles(Breaches& breaches) const {
    enum class Mark : std::uint8_t { unseen, on_way, done };
    std::vector<Mark> marks(names_.size(), Mark::unseen);
    for (Node start = 0; start < names_.size(); ++start) {
      if (marks[start] != Mark::unseen) continue;
      // The way down to here, each with the number of targets already followed.
      std::vector<std::pair<Node, std::size_t>> way{{start, 0}};
      marks[start] = Mark::on_way;
      while (!way.empty()) {
        auto& [node, followed] = way.back();
        if (followed == targets_[node].size()) {
          marks[node] = Mark::done;
          way.pop_back();
          continue;
        }
        const auto next = targets_[node][followed++];
        if (marks[next] == Mark::on_way) {
          report_cycle(way, next, breaches);
          return;
        }
        if (marks[next] == Mark::done) continue;
        marks[next] = Mark::on_way;
        way.emplace_back(next, 0);
      }
    }
  }

  void report_cycle(const std::vector<std::pair<Node, std::size_t>>& way, Node back,
                    Breaches& breaches) const {
    const auto begin =
        std::find_if(way.begin(), way.end(), [&](const auto& step) { return step.first == back; });
    std::vector<std::string> names;
    for (auto step = begin; step != way.end() && names.size() < kMostNames; ++step) {
      names.push_back(names_[step->first]);
    }
    const auto length = static_cast<std::size_t>(way.end() - begin);
    names.push_back(length > kMostNames ? "..." : names_[back]);
    auto place = place_;
    place.bundle = names_[back];
    breaches.add(ProblemKind::cycle, std::move(place),
                 fmt::format("channel {} of package {} leads in a circle: {}; remove the package "
                             "and add it again without one of these edges",
                             place_.channel, place_.package, fmt::join(names, " -> ")));
  }

  Place place_;
  std::unordered_map<std::string, Node> numbers_;
  std::vector<std::string> names_;
  std::vector<std::vector<Node>> targets_;
  std::vector<bool> real_;
  std::size_t edges_ = 0;
};

using Heads = std::map<std::pair<std::string, std::string>, std::string>;

Heads read_heads(IndexDatabase& database) {
  Heads heads;
  auto read = database.use(kHeads);
  while (read->executeStep()) {
    heads.emplace(std::pair{read->getColumn(0).getString(), read->getColumn(1).getString()},
                  read->getColumn(2).getString());
  }
  return heads;
}

}  // namespace

void check_graphs(IndexDatabase& database, Breaches& breaches, const Cancellation& cancellation) {
  const auto heads = read_heads(database);
  Graph graph{{}};
  Place place;
  const auto check = [&] {
    const auto head = heads.find({place.package, place.channel});
    if (head != heads.end()) graph.check(head->second, breaches);
  };
  auto read = database.use(kEdges);
  while (read->executeStep()) {
    auto package = read->getColumn(0).getString();
    auto channel = read->getColumn(1).getString();
    if (!graph.is_of(package, channel)) {
      check();
      cancellation.check("validating the index");
      place = {.package = std::move(package), .channel = std::move(channel), .bundle = {}};
      graph = Graph{place};
    }
    graph.add(read->getColumn(2).getString(), read->getColumn(3).getString(),
              read->getColumn(4).getInt() != 0);
  }
  check();
}

}  // namespace iib::catalog
