#include "cli/change_summary.hpp"

#include "iib/base/log.hpp"
#include "iib/catalog/difference.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
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
  /// Packages that stay, of which `olm.deprecations` tells something else.
  std::size_t deprecations_changed = 0;
  /// Names that were in a channel and are in none any more, though still in the database.
  std::vector<std::string> stranded;
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

/// The names of a package's bundles that have come into a channel or gone from the last one.
std::set<std::string> names_with(const catalog::Difference& difference, Change change) {
  std::set<std::string> names;
  for (const auto& package : difference.packages) {
    for (const auto& bundle : package.bundles) {
      if (bundle.change() == change) names.insert(bundle.name());
    }
  }
  return names;
}

/// A bundle that leaves its last channel is stranded, not removed, and the other way round.
void count_stranded(Counts& counts, const catalog::Difference& difference) {
  const auto came = names_with(difference, Change::added);
  const auto went = names_with(difference, Change::removed);
  for (const auto& bundle : difference.stranded) {
    switch (bundle.change()) {
      case Change::added:
        if (!went.contains(bundle.name())) break;
        --counts.bundles_removed;
        // A deprecated head that has lost its channels was meant to.
        if (bundle.after->deprecated) {
          ++counts.bundles_deprecated;
        } else {
          counts.stranded.push_back(bundle.name());
        }
        break;
      case Change::removed:
        if (!came.contains(bundle.name())) ++counts.bundles_removed;
        break;
      case Change::changed:
        break;
    }
  }
}

Counts count(const catalog::Difference& difference) {
  Counts counts;
  for (const auto& package : difference.packages) {
    if (package.change == Change::added) ++counts.packages_added;
    if (package.change == Change::removed) ++counts.packages_removed;
    if (package.change == Change::changed &&
        !(package.deprecations_added.empty() && package.deprecations_removed.empty())) {
      ++counts.deprecations_changed;
    }
    for (const auto& bundle : package.bundles) count(counts, bundle);
  }
  count_stranded(counts, difference);
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
  tell(0, counts.stranded.size(), "left without a channel");
  tell(0, counts.bundles_deprecated, "deprecated");
  tell(0, counts.bundles_changed, "changed");
  if (counts.deprecations_changed > 0) {
    parts.push_back(fmt::format("deprecations of {} changed",
                                count_of(counts.deprecations_changed, "package", "packages")));
  }
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

/// Most often a mistake of whoever wrote `replaces` and `skips`, and accepted silently otherwise.
std::string stranded_bundles(std::vector<std::string> names) {
  if (names.empty()) return {};
  const auto number = names.size();
  for (auto& name : names) name = one_line(name);
  names.resize(std::min(number, kMostRows));
  return fmt::format("  no head leads to {}{} any more: a later bundle must replace or skip {}\n",
                     fmt::join(names, ", "), number > kMostRows ? " and others" : "",
                     number == 1 ? "it" : "them");
}

std::string for_people(const std::string& name, const catalog::Difference& difference,
                       const catalog::Contents& after) {
  std::size_t left_out = 0;
  const auto table = changes_of(difference, left_out);
  const auto counts = count(difference);
  auto text = fmt::format("{}: {}; it holds {} in {}\n", one_line(name), in_words(counts),
                          count_of(bundles_in(after), "bundle", "bundles"),
                          count_of(after.packages.size(), "package", "packages"));
  text += table.text(Style::of_standard_output(), 2);
  if (left_out > 0) text += fmt::format("  and {} more channels\n", left_out);
  return text + default_channels(difference) + stranded_bundles(counts.stranded);
}

std::string_view key_of(ChangedThing thing) {
  switch (thing) {
    case ChangedThing::database:
      return "database";
    case ChangedThing::directory:
      break;
  }
  return "directory";
}

std::string for_scripts(ChangedThing thing, const std::string& name,
                        const catalog::Difference& difference, const catalog::Contents& after) {
  model::JsonWriter json;
  json.begin_object();
  json.member(key_of(thing), name);
  json.member("packages", static_cast<std::int64_t>(after.packages.size()));
  json.member("bundles", static_cast<std::int64_t>(bundles_in(after)));
  json.key("difference");
  json.raw(catalog::to_json(difference));
  json.end_object();
  return json.text() + "\n";
}

}  // namespace

std::string summarize_change(Format format, ChangedThing thing, const std::string& name,
                             const catalog::Contents& before, const catalog::Contents& after) {
  const auto difference = catalog::compare(before, after);
  switch (format) {
    case Format::text:
      return for_people(name, difference, after);
    case Format::json:
      return for_scripts(thing, name, difference, after);
  }
  return {};
}

}  // namespace iib::cli
