#include "cli/change_summary.hpp"

#include "iib/base/log.hpp"
#include "iib/catalog/difference.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iib::cli {
namespace {

using catalog::Change;

/// A summary stays on one screen; `iibd catalog diff` tells everything.
constexpr std::size_t kMostRows = 30;

struct Counts {
  std::size_t packages_added = 0;
  std::size_t packages_removed = 0;
  std::size_t bundles_added = 0;
  std::size_t bundles_removed = 0;
  std::size_t bundles_deprecated = 0;
  std::size_t bundles_changed = 0;
};

void count(Counts& counts, const catalog::BundleDifference& bundle) {
  switch (bundle.change()) {
    case Change::added:
      ++counts.bundles_added;
      return;
    case Change::removed:
      ++counts.bundles_removed;
      return;
    case Change::changed:
      if (bundle.after->deprecated && !bundle.before->deprecated) {
        ++counts.bundles_deprecated;
      } else {
        ++counts.bundles_changed;
      }
      return;
  }
}

Counts count(const catalog::Difference& difference) {
  Counts counts;
  for (const auto& package : difference.packages) {
    if (package.change == Change::added) ++counts.packages_added;
    if (package.change == Change::removed) ++counts.packages_removed;
    for (const auto& bundle : package.bundles) count(counts, bundle);
  }
  for (const auto& bundle : difference.stranded) {
    if (bundle.change() == Change::removed) ++counts.bundles_removed;
  }
  return counts;
}

std::size_t bundles_in(const catalog::Contents& contents) {
  std::size_t number = 0;
  for (const auto& package : contents.packages) number += package.bundles.size();
  return number;
}

/// `one package and 3 bundles added, one bundle deprecated`.
std::string in_words(const Counts& counts) {
  std::vector<std::string> parts;
  const auto tell = [&](std::size_t packages, std::size_t bundles, std::string_view verb) {
    std::vector<std::string> things;
    if (packages > 0) things.push_back(count_of(packages, "package", "packages"));
    if (bundles > 0) things.push_back(count_of(bundles, "bundle", "bundles"));
    if (!things.empty()) parts.push_back(fmt::format("{} {}", fmt::join(things, " and "), verb));
  };
  tell(counts.packages_added, counts.bundles_added, "added");
  tell(counts.packages_removed, counts.bundles_removed, "removed");
  tell(0, counts.bundles_deprecated, "deprecated");
  tell(0, counts.bundles_changed, "changed");
  return parts.empty() ? "nothing changed" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string or_none(const std::string& name) {
  return name.empty() ? "-" : name;
}

/// A row for each channel whose head or existence changed, and each default channel that did.
Table changes_of(const catalog::Difference& difference, std::size_t& left_out) {
  Table table{{"PACKAGE", "CHANNEL", "HEAD BEFORE", "HEAD NOW"}};
  std::size_t rows = 0;
  for (const auto& package : difference.packages) {
    for (const auto& channel : package.channels) {
      if (channel.head_before == channel.head_after) continue;
      if (rows++ >= kMostRows) continue;
      table.add_row(
          {package.name, channel.name, or_none(channel.head_before), or_none(channel.head_after)});
    }
  }
  left_out = rows - std::min(rows, kMostRows);
  return table;
}

std::string default_channels(const catalog::Difference& difference) {
  std::string lines;
  for (const auto& package : difference.packages) {
    if (package.change != Change::changed) continue;
    if (package.default_channel_before == package.default_channel_after) continue;
    lines += fmt::format("  the default channel of {} is {} now (it was {})\n",
                         one_line(package.name), one_line(or_none(package.default_channel_after)),
                         one_line(or_none(package.default_channel_before)));
  }
  return lines;
}

std::string for_people(const std::string& name, const catalog::Difference& difference,
                       const catalog::Contents& after) {
  std::size_t left_out = 0;
  const auto table = changes_of(difference, left_out);
  auto text =
      fmt::format("{}: {}; it holds {} in {}\n", one_line(name), in_words(count(difference)),
                  count_of(bundles_in(after), "bundle", "bundles"),
                  count_of(after.packages.size(), "package", "packages"));
  text += table.text(Style::of_standard_output(), 2);
  if (left_out > 0) text += fmt::format("  and {} more channels\n", left_out);
  return text + default_channels(difference);
}

std::string for_scripts(const std::string& name, const catalog::Difference& difference,
                        const catalog::Contents& after) {
  model::JsonWriter json;
  json.begin_object();
  json.member("database", name);
  json.member("packages", static_cast<std::int64_t>(after.packages.size()));
  json.member("bundles", static_cast<std::int64_t>(bundles_in(after)));
  json.key("difference");
  json.raw(catalog::to_json(difference));
  json.end_object();
  return json.text() + "\n";
}

}  // namespace

std::string summarize_change(Format format, const std::string& name,
                             const catalog::Contents& before, const catalog::Contents& after) {
  const auto difference = catalog::compare(before, after);
  switch (format) {
    case Format::text:
      return for_people(name, difference, after);
    case Format::json:
      return for_scripts(name, difference, after);
  }
  return {};
}

}  // namespace iib::cli
