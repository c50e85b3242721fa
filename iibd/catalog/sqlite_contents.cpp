#include "catalog/sqlite_contents.hpp"

#include "catalog/channel_reading.hpp"
#include "catalog/missing_packages.hpp"
#include "catalog/schema.hpp"
#include "iib/catalog/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace iib::catalog {
namespace {

/// A hundred times what the largest catalogs have, and no danger to a small machine.
constexpr std::size_t kMostRows = 4'000'000;
constexpr std::size_t kMostTextBytes = 256UL << 20U;
constexpr std::size_t kRowsBetweenChecks = 10'000;

constexpr auto kPackages = "SELECT name, default_channel FROM package";
constexpr auto kChannels = "SELECT package_name, name, head_operatorbundle_name FROM channel";
// In order of the ids, which is the order of the file.
constexpr auto kEntries = R"sql(
  SELECT package_name, channel_name, operatorbundle_name, entry_id, replaces, depth
    FROM channel_entry
)sql";
// The index over these three columns spares the payloads, which stand before them in the rows.
constexpr auto kBundles = "SELECT name, version, bundlepath FROM operatorbundle";
constexpr auto kBundle = R"sql(
  SELECT name, version, bundlepath FROM operatorbundle WHERE name = :name
)sql";
constexpr auto kDeprecated = "SELECT operatorbundle_name FROM deprecated";
constexpr auto kDeprecatedBefore12 = R"sql(
  SELECT operatorbundle_name FROM properties WHERE type = 'olm.deprecated'
)sql";

Problem problem_with(ProblemKind kind, std::string text) {
  return {.kind = kind,
          .bundle = {},
          .pull_spec = {},
          .package = {},
          .channel = {},
          .text = std::move(text)};
}

/// A channel's rows until all of them are there.
struct ChannelRows {
  std::string head;
  std::vector<EntryRow> entries;
};

struct PackageRows {
  std::string default_channel;
  std::map<std::string, ChannelRows> channels;
};

/// One reading of an SQLite index database. Passes over the small tables once each.
class Reading {
 public:
  Reading(IndexDatabase& database, const Selection& selection, const Cancellation& cancellation)
      : database_{database},
        wanted_{selection.packages.begin(), selection.packages.end()},
        detail_{selection.detail},
        cancellation_{cancellation} {}

  Contents read() {
    // An empty index may be one of a version that lacks the tables read here.
    if (!is_empty_index(database_)) read_tables();
    refuse_missing();
    Contents contents;
    for (auto& [name, rows] : packages_) contents.packages.push_back(package_of(name, rows));
    if (wanted_.empty()) contents.stranded = stranded();
    return contents;
  }

 private:
  void read_tables() {
    read_packages();
    read_channels();
    read_entries();
    read_deprecated();
    if (wanted_.empty()) read_bundles();
  }

  [[nodiscard]] bool is_wanted(const std::string& package) const {
    return wanted_.empty() || wanted_.contains(package);
  }

  /// Runs a query and gives each row to `take`, within bounds.
  template <class Take>
  void for_each_row(SQLite::Statement& query, Take&& take) {
    while (query.executeStep()) {
      if (++rows_ % kRowsBetweenChecks == 0) cancellation_.check("reading the catalog");
      if (rows_ > kMostRows || text_bytes_ > kMostTextBytes) {
        throw Refused{{problem_with(
            ProblemKind::invalid_index,
            fmt::format("the index database has more than {} rows or {} MiB of names, as no "
                        "catalog has: make it anew from its bundles",
                        kMostRows, kMostTextBytes >> 20U))}};
      }
      take(query);
    }
  }

  std::string text(SQLite::Statement& query, int column) {
    auto value = query.getColumn(column).getString();
    text_bytes_ += value.size();
    return value;
  }

  void read_packages() {
    auto query = database_.use(kPackages);
    for_each_row(*query, [&](SQLite::Statement& row) {
      auto name = text(row, 0);
      names_.push_back(name);
      if (is_wanted(name)) packages_[std::move(name)].default_channel = text(row, 1);
    });
  }

  void read_channels() {
    auto query = database_.use(kChannels);
    for_each_row(*query, [&](SQLite::Statement& row) {
      const auto package = text(row, 0);
      if (is_wanted(package)) packages_[package].channels[text(row, 1)].head = text(row, 2);
    });
  }

  void read_entries() {
    auto query = database_.use(kEntries);
    for_each_row(*query, [&](SQLite::Statement& row) {
      const auto package = text(row, 0);
      if (!is_wanted(package)) return;
      EntryRow entry{.id = row.getColumn(3).getInt64(),
                     .bundle = text(row, 2),
                     .replaces = {},
                     .depth = row.getColumn(5).getInt64()};
      if (!row.getColumn(4).isNull()) entry.replaces = row.getColumn(4).getInt64();
      packages_[package].channels[text(row, 1)].entries.push_back(std::move(entry));
    });
  }

  void refuse_missing() const {
    std::vector<Problem> problems;
    for (const auto& name : wanted_) {
      if (!packages_.contains(name)) problems.push_back(missing_package(name, names_));
    }
    if (!problems.empty()) throw Refused{std::move(problems)};
  }

  void read_deprecated() {
    const bool has_table = has_column("deprecated", "operatorbundle_name");
    if (!has_table && !has_column("properties", "type")) return;
    auto query = database_.use(has_table ? kDeprecated : kDeprecatedBefore12);
    for_each_row(*query, [&](SQLite::Statement& row) { deprecated_.insert(text(row, 0)); });
  }

  void read_bundles() {
    auto query = database_.use(kBundles);
    for_each_row(*query, [&](SQLite::Statement& row) { keep(row); });
  }

  const BundleSummary& keep(SQLite::Statement& row) {
    BundleSummary bundle{.name = text(row, 0),
                         .version = text(row, 1),
                         .pull_spec = text(row, 2),
                         .substitutes_for = {},
                         .deprecated = false};
    bundle.deprecated = deprecated_.contains(bundle.name);
    auto name = bundle.name;
    return bundles_.emplace(std::move(name), std::move(bundle)).first->second;
  }

  /// The bundle, or null for a stub. Of named packages bundles are looked up one by one.
  const BundleSummary* find(const std::string& name) {
    const auto known = bundles_.find(name);
    if (known != bundles_.end()) return &known->second;
    if (wanted_.empty()) return nullptr;
    auto query = database_.use(kBundle);
    query->bind(":name", name);
    const BundleSummary* found = nullptr;
    for_each_row(*query, [&](SQLite::Statement& row) { found = &keep(row); });
    return found;
  }

  PackageContents package_of(const std::string& name, PackageRows& rows) {
    PackageContents package{name, std::move(rows.default_channel), {}, {}};
    std::set<std::string> names;
    for (auto& [channel_name, channel] : rows.channels) {
      auto nodes = nodes_of(channel.head, std::move(channel.entries));
      for (const auto& node : nodes) names.insert(node.bundle);
      package.channels.push_back({channel_name, std::move(channel.head), std::move(nodes)});
    }
    for (const auto& bundle : names) {
      if (const auto* found = find(bundle)) package.bundles.push_back(*found);
      placed_.insert(bundle);
    }
    if (detail_ == Detail::full) add_details(package);
    return package;
  }

  void add_details(PackageContents& package) {
    auto query = database_.use(
        fmt::format("SELECT skiprange, {} FROM operatorbundle WHERE name = :name",
                    has_column("operatorbundle", "substitutesfor") ? "substitutesfor" : "NULL"));
    std::unordered_map<std::string_view, std::string> ranges;
    for (auto& bundle : package.bundles) {
      query->reset();
      query->bind(":name", bundle.name);
      for_each_row(*query, [&](SQLite::Statement& row) {
        ranges[bundle.name] = text(row, 0);
        bundle.substitutes_for = text(row, 1);
      });
    }
    for (auto& channel : package.channels) {
      for (auto& node : channel.nodes) {
        if (const auto range = ranges.find(node.bundle); range != ranges.end()) {
          node.skip_range = range->second;
        }
      }
    }
  }

  [[nodiscard]] std::vector<BundleSummary> stranded() const {
    std::vector<BundleSummary> result;
    for (const auto& [name, bundle] : bundles_) {
      if (!placed_.contains(name)) result.push_back(bundle);
    }
    std::sort(result.begin(), result.end(),
              [](const BundleSummary& a, const BundleSummary& b) { return a.name < b.name; });
    return result;
  }

  bool has_column(const std::string& table, const std::string& column) {
    auto query = database_.use(R"sql(
      SELECT 1 FROM pragma_table_info(:table) WHERE name = :column
    )sql");
    query->bind(":table", table);
    query->bind(":column", column);
    return query->executeStep();
  }

  IndexDatabase& database_;
  std::set<std::string> wanted_;
  Detail detail_;
  Cancellation cancellation_;
  std::size_t rows_ = 0;
  std::size_t text_bytes_ = 0;
  std::vector<std::string> names_;
  std::map<std::string, PackageRows> packages_;
  std::set<std::string> deprecated_;
  std::unordered_map<std::string, BundleSummary> bundles_;
  std::set<std::string> placed_;
};

}  // namespace

Contents read_sqlite_contents(IndexDatabase& database, const Selection& selection,
                              const Cancellation& cancellation) {
  return Reading{database, selection, cancellation}.read();
}

}  // namespace iib::catalog
