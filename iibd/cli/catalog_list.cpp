#include "cli/catalog.hpp"
#include "cli/catalog_source.hpp"
#include "cli/choice.hpp"
#include "cli/output.hpp"
#include "iib/catalog/contents.hpp"
#include "iib/model/json_writer.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace iib::cli {
namespace {

using catalog::Contents;
using model::JsonWriter;

enum class Subject { packages, channels, bundles };

struct Options {
  SourceOptions source;
  Format format = Format::text;
  Subject subject = Subject::packages;
};

std::size_t bundles_in(const catalog::PackageContents& package,
                       const catalog::ChannelContents& channel) {
  const auto real =
      std::count_if(channel.nodes.begin(), channel.nodes.end(),
                    [&](const auto& node) { return package.find_bundle(node.bundle) != nullptr; });
  return static_cast<std::size_t>(real);
}

std::string note_of(const catalog::PackageContents& package,
                    const catalog::ChannelContents& channel) {
  const bool is_default = channel.name == package.default_channel;
  if (!package.is_deprecated(channel)) return is_default ? "default" : "";
  return is_default ? "default, deprecated" : "deprecated";
}

std::string note_of(const catalog::BundleSummary& bundle) {
  return bundle.deprecated ? "deprecated" : "";
}

Table packages_table(const Contents& contents) {
  Table table{{"PACKAGE", "DEFAULT CHANNEL", "CHANNELS", "BUNDLES"}};
  for (const auto& package : contents.packages) {
    table.add_row({package.name, package.default_channel, std::to_string(package.channels.size()),
                   std::to_string(package.bundles.size())});
  }
  return table;
}

Table channels_table(const Contents& contents) {
  Table table{{"PACKAGE", "CHANNEL", "HEAD", "BUNDLES", "NOTE"}};
  for (const auto& package : contents.packages) {
    for (const auto& channel : package.channels) {
      table.add_row({package.name, channel.name, channel.head,
                     std::to_string(bundles_in(package, channel)), note_of(package, channel)});
    }
  }
  return table;
}

Table bundles_table(const Contents& contents) {
  Table table{{"PACKAGE", "BUNDLE", "VERSION", "PULL SPEC", "NOTE"}};
  for (const auto& package : contents.packages) {
    for (const auto& bundle : package.bundles) {
      table.add_row({package.name, bundle.name, bundle.version, bundle.pull_spec, note_of(bundle)});
    }
  }
  for (const auto& bundle : contents.stranded) {
    table.add_row({"-", bundle.name, bundle.version, bundle.pull_spec, "in no channel"},
                  Emphasis::faint);
  }
  return table;
}

void write_packages(JsonWriter& json, const Contents& contents) {
  for (const auto& package : contents.packages) {
    json.begin_object();
    json.member("name", package.name);
    json.member("default_channel", package.default_channel);
    json.member("channels", static_cast<std::int64_t>(package.channels.size()));
    json.member("bundles", static_cast<std::int64_t>(package.bundles.size()));
    json.member("deprecated", package.is_deprecated());
    json.end_object();
  }
}

void write_channels(JsonWriter& json, const Contents& contents) {
  for (const auto& package : contents.packages) {
    for (const auto& channel : package.channels) {
      json.begin_object();
      json.member("package", package.name);
      json.member("name", channel.name);
      json.member("default", channel.name == package.default_channel);
      json.member("head", channel.head);
      json.member("bundles", static_cast<std::int64_t>(bundles_in(package, channel)));
      json.member("deprecated", package.is_deprecated(channel));
      json.end_object();
    }
  }
}

void write_bundle(JsonWriter& json, const std::string& package,
                  const catalog::BundleSummary& bundle) {
  json.begin_object();
  json.member("package", package);
  json.member("name", bundle.name);
  json.member("version", bundle.version);
  json.member("pull_spec", bundle.pull_spec);
  json.member("deprecated", bundle.deprecated);
  json.end_object();
}

void write_bundles(JsonWriter& json, const Contents& contents) {
  for (const auto& package : contents.packages) {
    for (const auto& bundle : package.bundles) write_bundle(json, package.name, bundle);
  }
  for (const auto& bundle : contents.stranded) write_bundle(json, {}, bundle);
}

std::string text_of(Subject subject, const Contents& contents) {
  const auto style = Style::of_standard_output();
  switch (subject) {
    case Subject::packages:
      return packages_table(contents).text(style);
    case Subject::channels:
      return channels_table(contents).text(style);
    case Subject::bundles:
      return bundles_table(contents).text(style);
  }
  return {};
}

std::string json_of(Subject subject, const Contents& contents) {
  JsonWriter json;
  json.begin_object();
  switch (subject) {
    case Subject::packages:
      json.key("packages");
      json.begin_array();
      write_packages(json, contents);
      break;
    case Subject::channels:
      json.key("channels");
      json.begin_array();
      write_channels(json, contents);
      break;
    case Subject::bundles:
      json.key("bundles");
      json.begin_array();
      write_bundles(json, contents);
      break;
  }
  json.end_array();
  json.end_object();
  return json.text() + "\n";
}

int list(const Options& options) {
  Workspace workspace{options.source.registries};
  const auto source = open_source(options.source, workspace);
  const auto contents = catalog::read_contents(source, {}, workspace.cancellation());
  workspace.console().clear();
  print(options.format == Format::json ? json_of(options.subject, contents)
                                       : text_of(options.subject, contents));
  return kDone;
}

}  // namespace

void add_catalog_list(CLI::App& group, CommandLine& line) {
  auto& command = *group.add_subcommand("list", "list packages, channels or bundles");
  const auto options = std::make_shared<Options>();
  add_source_options(command, options->source);
  add_format_option(command, options->format);
  add_choice_option<Subject>(command, "WHAT", options->subject,
                             {{"packages", Subject::packages},
                              {"channels", Subject::channels},
                              {"bundles", Subject::bundles}},
                             "packages (the default), channels or bundles");
  command.callback([&command, &line, options] {
    require_source(command, options->source);
    line.action = [options] {
      return run_command(options->format, [&] { return list(*options); });
    };
  });
}

}  // namespace iib::cli
