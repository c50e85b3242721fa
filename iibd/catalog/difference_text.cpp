#include "catalog/shown_name.hpp"
#include "iib/catalog/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace iib::catalog {
namespace {

char sign_of(Change change) {
  switch (change) {
    case Change::added:
      return '+';
    case Change::removed:
      return '-';
    case Change::changed:
      return '~';
  }
  return '?';
}

/// Lines within their bound, counted beyond it.
class Lines {
 public:
  explicit Lines(std::size_t most) : most_{most} {}

  template <class... Args>
  void add(char sign, fmt::format_string<Args...> text, Args&&... args) {
    if (++count_ > most_) return;
    auto line = fmt::format("{} ", sign);
    fmt::format_to(std::back_inserter(line), text, std::forward<Args>(args)...);
    line.erase(line.find_last_not_of(' ') + 1);
    lines_.push_back(std::move(line));
  }

  std::vector<std::string> take() {
    if (count_ > most_) {
      lines_.resize(most_ > 0 ? most_ - 1 : 0);
      lines_.push_back(fmt::format("... and {} more lines", count_ - lines_.size()));
    }
    return std::move(lines_);
  }

 private:
  std::size_t most_;
  std::size_t count_ = 0;
  std::vector<std::string> lines_;
};

std::string count_of(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string changed_fields(const BundleSummary& before, const BundleSummary& after) {
  std::string text;
  const auto tell = [&](std::string_view what, const std::string& old, const std::string& now) {
    if (old == now) return;
    fmt::format_to(std::back_inserter(text), "{}{} {} -> {}", text.empty() ? "" : ", ", what,
                   shown(old), shown(now));
  };
  tell("version", before.version, after.version);
  tell("pull spec", before.pull_spec, after.pull_spec);
  tell("substitutes for", before.substitutes_for, after.substitutes_for);
  if (before.deprecated != after.deprecated) {
    if (!text.empty()) text += ", ";
    text += after.deprecated ? "deprecated" : "no longer deprecated";
  }
  return text;
}

void add_bundles(Lines& lines, const std::vector<BundleDifference>& bundles) {
  std::size_t width = 0;
  std::size_t version_width = 0;
  for (const auto& bundle : bundles) {
    width = std::max(width, shown(bundle.name()).size());
    const auto& known = bundle.after ? *bundle.after : *bundle.before;
    version_width = std::max(version_width, shown(known.version).size());
  }
  width = std::min(width, kWidestName);
  version_width = std::min(version_width, kWidestName);
  for (const auto& bundle : bundles) {
    const auto sign = sign_of(bundle.change());
    const auto name = shown(bundle.name());
    const auto& known = bundle.after ? *bundle.after : *bundle.before;
    const auto details =
        bundle.change() == Change::changed
            ? changed_fields(*bundle.before, *bundle.after)
            : fmt::format("{}{}", shown(known.pull_spec), known.deprecated ? ", deprecated" : "");
    lines.add(sign, "  bundle   {:<{}}  {:<{}}  {}", name, width, shown(known.version),
              version_width, details);
  }
}

void add_edges(Lines& lines, char sign, const std::vector<Edge>& edges,
               const std::vector<std::string>& nodes, const std::string& head) {
  std::set<std::string_view> told{head};
  for (const auto& edge : edges) {
    const auto* verb = edge.kind == EdgeKind::replaces ? "replaces"
                       : edge.kind == EdgeKind::skips  ? "skips"
                                                       : "skips the range";
    lines.add(sign, "    {} {} {}", shown(edge.from), verb, shown(edge.to));
    told.insert(edge.from);
    told.insert(edge.to);
  }
  for (const auto& node : nodes) {
    if (!told.contains(node)) lines.add(sign, "    {}", shown(node));
  }
}

void add_channel(Lines& lines, const ChannelDifference& channel, std::size_t width) {
  const auto sign = sign_of(channel.change);
  const auto name = shown(channel.name);
  switch (channel.change) {
    case Change::added:
      lines.add(sign, "  channel  {:<{}}  head {}", name, width, shown(channel.head_after));
      break;
    case Change::removed:
      lines.add(sign, "  channel  {:<{}}  head {}, {} in its graph", name, width,
                shown(channel.head_before), channel.nodes_removed.size());
      return;  // that its edges went, too, goes without saying
    case Change::changed:
      lines.add(sign, "  channel  {:<{}}  {}", name, width,
                channel.head_before == channel.head_after
                    ? fmt::format("head {}, as before", shown(channel.head_after))
                    : fmt::format("head {} -> {}", shown(channel.head_before),
                                  shown(channel.head_after)));
      break;
  }
  add_edges(lines, '-', channel.edges_removed, channel.nodes_removed, channel.head_before);
  add_edges(lines, '+', channel.edges_added, channel.nodes_added, channel.head_after);
}

std::string subject_of(const DeprecationNote& note) {
  constexpr std::string_view kPrefix = "olm.";
  if (note.name.empty()) return "the package";
  const std::string_view schema{note.schema};
  return fmt::format("{} {}",
                     shown(schema.substr(schema.starts_with(kPrefix) ? kPrefix.size() : 0)),
                     shown(note.name));
}

void add_deprecations(Lines& lines, char sign, const std::vector<DeprecationNote>& notes) {
  for (const auto& note : notes) {
    lines.add(sign, "  deprecation of {}: {}", subject_of(note), shown(note.message));
  }
}

void add_package(Lines& lines, const PackageDifference& package) {
  const auto sign = sign_of(package.change);
  const auto name = shown(package.name);
  if (package.change == Change::removed) {
    lines.add(sign, "package {}, with {} and {}", name,
              count_of(package.channels.size(), "channel"),
              count_of(package.bundles.size(), "bundle"));
    return;
  }
  lines.add(sign, "package {}", name);
  if (package.change == Change::added) {
    lines.add(sign, "  default channel {}", shown(package.default_channel_after));
  } else if (package.default_channel_before != package.default_channel_after) {
    lines.add(sign, "  default channel {} -> {}", shown(package.default_channel_before),
              shown(package.default_channel_after));
  }
  add_bundles(lines, package.bundles);
  std::size_t width = 0;
  for (const auto& channel : package.channels) width = std::max(width, shown(channel.name).size());
  for (const auto& channel : package.channels) {
    add_channel(lines, channel, std::min(width, kWidestName));
  }
  add_deprecations(lines, '-', package.deprecations_removed);
  add_deprecations(lines, '+', package.deprecations_added);
}

}  // namespace

std::vector<std::string> describe(const Difference& difference, std::size_t most_lines) {
  Lines lines{most_lines};
  for (const auto& package : difference.packages) add_package(lines, package);
  if (!difference.stranded.empty()) {
    lines.add('~', "bundles without a channel");
    add_bundles(lines, difference.stranded);
  }
  return lines.take();
}

}  // namespace iib::catalog
