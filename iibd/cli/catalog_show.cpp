#include "cli/catalog.hpp"
#include "cli/catalog_source.hpp"
#include "cli/output.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/contents.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::cli {
namespace {

using catalog::PackageContents;

/// A message of others may be long.
constexpr std::size_t kLongestLine = 4000;

struct Options {
  SourceOptions source;
  Format format = Format::text;
  std::string package;
};

std::string channels_of(const PackageContents& package, const std::string& bundle) {
  std::vector<std::string_view> names;
  for (const auto& channel : package.channels) {
    for (const auto& node : channel.nodes) {
      if (node.bundle == bundle) names.push_back(channel.name);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// What `olm.deprecations` tells of the package (without a name) or of a channel; empty: nothing.
std::string deprecation_of(const PackageContents& package, std::string_view schema,
                           const std::string& name) {
  for (const auto& note : package.deprecations) {
    if (note.schema == schema && note.name == name) return "deprecated: " + note.message;
  }
  return {};
}

std::string notes_of(const PackageContents& package, const catalog::BundleSummary& bundle) {
  std::vector<std::string> notes;
  if (bundle.deprecated) {
    const auto told = deprecation_of(package, "olm.bundle", bundle.name);
    notes.push_back(told.empty() ? "deprecated" : told);
  }
  if (!bundle.substitutes_for.empty()) {
    notes.push_back(fmt::format("substitutes for {}", bundle.substitutes_for));
  }
  std::set<std::string> ranges;
  for (const auto& channel : package.channels) {
    for (const auto& node : channel.nodes) {
      if (node.bundle == bundle.name && !node.skip_range.empty()) ranges.insert(node.skip_range);
    }
  }
  for (const auto& range : ranges) notes.push_back(fmt::format("skips the range {}", range));
  return fmt::format("{}", fmt::join(notes, ", "));
}

std::string notes_of(const PackageContents& package, const catalog::ChannelContents& channel) {
  std::vector<std::string> notes;
  if (channel.name == package.default_channel) notes.emplace_back("default");
  auto deprecation = deprecation_of(package, "olm.channel", channel.name);
  if (!deprecation.empty()) notes.push_back(std::move(deprecation));
  return fmt::format("{}", fmt::join(notes, ", "));
}

std::string text_of(const PackageContents& package) {
  const auto style = Style::of_standard_output();
  Table channels{{"CHANNEL", "HEAD", "NOTE"}};
  std::set<std::string> stubs;
  for (const auto& channel : package.channels) {
    channels.add_row({channel.name, channel.head, notes_of(package, channel)});
    for (const auto& node : channel.nodes) {
      if (package.find_bundle(node.bundle) == nullptr) stubs.insert(node.bundle);
    }
  }
  Table bundles{{"BUNDLE", "VERSION", "CHANNELS", "PULL SPEC", "NOTE"}};
  for (const auto& bundle : package.bundles) {
    bundles.add_row({bundle.name, bundle.version, channels_of(package, bundle.name),
                     bundle.pull_spec, notes_of(package, bundle)});
  }
  for (const auto& stub : stubs) {
    bundles.add_row({stub, "", channels_of(package, stub), "", "no such bundle, only skipped"},
                    Emphasis::faint);
  }
  auto text = channels.text(style) + "\n" + bundles.text(style);
  const auto deprecation = deprecation_of(package, "olm.package", {});
  if (deprecation.empty()) return text;
  return fmt::format("the package is {}\n\n{}", one_line(deprecation, kLongestLine), text);
}

int show(const Options& options) {
  Workspace workspace{options.source.registries};
  const auto source = open_source(options.source, workspace);
  const auto contents = catalog::read_contents(
      source, {.packages = {options.package}, .detail = catalog::Detail::full},
      workspace.cancellation());
  const auto& package = contents.packages.front();
  workspace.console().clear();
  print(options.format == Format::json ? to_json(package) + "\n" : text_of(package));
  return kDone;
}

}  // namespace

void add_catalog_show(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand("show", "show a package: its channels and bundles");
  const auto options = std::make_shared<Options>();
  add_source_options(command, options->source);
  add_format_option(command, options->format);
  command.add_option("PACKAGE", options->package, "the package")->type_name("")->required();
  command.callback([&command, &line, options] {
    require_source(command, options->source);
    line.action = [options] {
      return run_command(options->format, [&] { return show(*options); });
    };
  });
}

}  // namespace iib::cli
