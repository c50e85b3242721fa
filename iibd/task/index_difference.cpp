#include "index_difference.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/difference.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "image_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace iib::task {
namespace {

/// Enough for hundreds of bundles; more would bury the rest of the log.
constexpr std::size_t kMostLines = 200;
/// The largest catalogs take a second; a damaged one must not hold up the build.
constexpr std::chrono::seconds kLongest{30};
/// What says which files of a catalog are none of its (catalog-fbc 1.1).
constexpr std::string_view kIgnoreFile = ".indexignore";

/// How much of something came and went.
struct Count {
  std::int64_t added = 0;
  std::int64_t removed = 0;
};

Count bundles_of(const catalog::PackageDifference& package) {
  Count count;
  for (const auto& bundle : package.bundles) {
    if (!bundle.before) ++count.added;
    if (!bundle.after) ++count.removed;
  }
  return count;
}

Count edges_of(const catalog::PackageDifference& package) {
  Count count;
  for (const auto& channel : package.channels) {
    count.added += std::ssize(channel.edges_added);
    count.removed += std::ssize(channel.edges_removed);
  }
  return count;
}

/// The changed channels, each with what became of it.
std::string channels_of(const catalog::PackageDifference& package) {
  constexpr std::size_t kMost = 20;  // on one line
  std::string text;
  for (std::size_t i = 0; i < std::min(package.channels.size(), kMost); ++i) {
    const auto& channel = package.channels[i];
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", channel.name,
                        catalog::to_string(channel.change));
  }
  if (package.channels.size() > kMost) {
    text += fmt::format(",and {} more", package.channels.size() - kMost);
  }
  return text.empty() ? "none" : text;
}

void tell_package(const Log& log, const catalog::PackageDifference& package) {
  const auto bundles = bundles_of(package);
  const auto edges = edges_of(package);
  log.event(
      "package {package} {change}: bundles +{bundles_added} -{bundles_removed}, edges "
      "+{edges_added} -{edges_removed}, channels {channels}",
      {{"package", package.name},
       {"change", catalog::to_string(package.change)},
       {"bundles_added", bundles.added},
       {"bundles_removed", bundles.removed},
       {"edges_added", edges.added},
       {"edges_removed", edges.removed},
       {"channels", channels_of(package)}});
}

void tell(const Log& log, const catalog::Difference& difference) {
  const auto lines = describe(difference, kMostLines);
  if (lines.empty()) {
    log.info("the index offers the same as before");
    return;
  }
  for (std::size_t i = 0; i < std::min(difference.packages.size(), kMostLines); ++i) {
    tell_package(log, difference.packages[i]);
  }
  log.info("what the build changed in the index (+ added, - removed, ~ changed):");
  for (const auto& line : lines) log.info("{}", line);
}

/// Runs `step` in bounded time; what goes wrong is but a warning.
void attempt(const Context& context, const std::function<void(const Cancellation&)>& step) {
  try {
    step(context.cancellation().within(kLongest));
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    context.log().warning("what the build changed in the index cannot be told: {}", error.what());
  }
}

bool is_file_based(const std::optional<catalog::Catalog>& catalog) {
  return catalog && catalog->kind == catalog::CatalogKind::file_based;
}

/// The files and directories at the top of a catalog that `difference` is about.
std::set<std::string> tops_of(const catalog::fbc::TreeDifference& difference) {
  std::set<std::string> tops{std::string{kIgnoreFile}};
  for (const auto* paths : {&difference.written, &difference.removed}) {
    for (const auto& path : *paths) tops.insert(path.substr(0, path.find('/')));
  }
  return tops;
}

/// A catalog of nothing but `tops` of `catalog`, and what it says of files to be ignored, in the
/// new directory `name`: most of a catalog stays as it is, and reading it takes longer than a
/// change.
catalog::Catalog part_of(const Context& context, const catalog::Catalog& catalog,
                         const std::set<std::string>& tops, std::string_view name) {
  auto part = catalog;
  part.path = context.make_directory(name);
  for (const auto& top : tops) copy_plain(catalog.path, top, part.path);
  return part;
}

void tell_of_files(const Context& context, const catalog::Catalog& from,
                   const catalog::Catalog& result, const Cancellation& cancellation) {
  const auto tops = tops_of(catalog::fbc::compare_trees(from.path, result.path));
  const auto before = part_of(context, from, tops, "difference-before");
  const auto after = part_of(context, result, tops, "difference-after");
  tell(context.log(), compare(catalog::read_contents(before, {}, cancellation),
                              catalog::read_contents(after, {}, cancellation)));
}

}  // namespace

std::optional<catalog::Contents> contents_before(const Context& context,
                                                 const std::optional<catalog::Catalog>& from) {
  if (!from) return catalog::Contents{};
  std::optional<catalog::Contents> contents;
  if (is_file_based(from)) return contents;
  attempt(context, [&](const Cancellation& cancellation) {
    contents = catalog::read_contents(*from, {}, cancellation);
  });
  return contents;
}

void log_difference(const Context& context, const std::optional<catalog::Contents>& before,
                    const catalog::Catalog& result, const std::optional<catalog::Catalog>& from) {
  attempt(context, [&](const Cancellation& cancellation) {
    if (is_file_based(from) && is_file_based(result)) {
      tell_of_files(context, *from, result, cancellation);
    } else if (before) {
      tell(context.log(), compare(*before, catalog::read_contents(result, {}, cancellation)));
    }
  });
}

}  // namespace iib::task
