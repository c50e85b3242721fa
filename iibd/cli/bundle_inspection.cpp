#include "cli/bundle_report.hpp"
#include "cli/output.hpp"
#include "cli/own_words.hpp"
#include "iib/base/log.hpp"
#include "iib/bundle/refusal.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

namespace iib::cli {
namespace {

using bundle::Api;
using bundle::Inspection;

constexpr std::size_t kLongestLine = 4000;

void write_apis(model::JsonWriter& json, std::string_view name, const std::vector<Api>& apis) {
  json.key(name);
  json.begin_array();
  for (const auto& api : apis) {
    json.begin_object();
    json.member("group", api.group);
    json.member("version", api.version);
    json.member("kind", api.kind);
    json.end_object();
  }
  json.end_array();
}

void write_versions(model::JsonWriter& json, const Inspection& inspection) {
  json.key("versions");
  json.begin_array();
  for (const auto& version : inspection.versions) {
    json.begin_object();
    json.member("file", version.file);
    json.member("name", version.name);
    json.member("version", version.version);
    json.member("replaces", version.replaces);
    json.member("skips", version.skips);
    write_apis(json, "provides", version.provides);
    write_apis(json, "requires", version.requires_apis);
    json.end_object();
  }
  json.end_array();
}

void write_images(model::JsonWriter& json, const Inspection& inspection) {
  json.key("images");
  json.begin_array();
  for (const auto& image : inspection.images) {
    json.begin_object();
    json.member("file", image.file);
    json.member("origin", image.origin);
    json.member("name", image.name);
    json.member("image", image.image);
    json.member("path", image.place);
    json.end_object();
  }
  json.end_array();
}

void write_problems(model::JsonWriter& json, const Inspection& inspection) {
  json.key("problems");
  json.begin_array();
  for (const auto& problem : inspection.problems) {
    json.begin_object();
    json.member("code", problem.code);
    json.member("reason", in_own_words(problem.reason));
    json.member("file", problem.file);
    json.end_object();
  }
  json.end_array();
}

/// `stable (default), alpha`.
std::string channels_of(const Inspection& inspection) {
  std::vector<std::string> channels;
  for (const auto& channel : inspection.channels) {
    channels.push_back(channel == inspection.default_channel ? channel + " (default)" : channel);
  }
  return fmt::format("{}", fmt::join(channels, ", "));
}

std::string versions_table(const Inspection& inspection, const Style& style) {
  Table table{{"NAME", "VERSION", "REPLACES", "SKIPS", "FILE"}};
  for (const auto& version : inspection.versions) {
    table.add_row({version.name, version.version, version.replaces,
                   fmt::format("{}", fmt::join(version.skips, ", ")), version.file});
  }
  return table.text(style);
}

std::string apis_table(const Inspection& inspection, const Style& style) {
  Table table{{"API", "KIND", "", "OF"}};
  for (const auto& version : inspection.versions) {
    const auto add = [&](const std::vector<Api>& apis, const char* role) {
      for (const auto& api : apis) {
        table.add_row({fmt::format("{}/{}", api.group, api.version), api.kind, role, version.name});
      }
    };
    add(version.provides, "provided");
    add(version.requires_apis, "required");
  }
  return table.text(style);
}

std::string images_table(const Inspection& inspection, const Style& style) {
  Table table{{"PULL SPEC", "FOUND AS", "FILE", "PLACE"}};
  for (const auto& image : inspection.images) {
    table.add_row({image.image, image.origin, image.file, image.place});
  }
  return table.text(style);
}

std::string problems_text(const Inspection& inspection, const Style& style) {
  if (inspection.problems.empty()) {
    return fmt::format("{}; whether the images exist was not asked\n",
                       style.paint(Emphasis::good, "nothing would be refused"));
  }
  std::string text = style.paint(Emphasis::bad, "would be refused:") + "\n";
  for (const auto& problem : inspection.problems) {
    // The later rules have no such refusal (bundle-regeneration 8.1 and 9).
    const bool core_only = problem.code == to_string(bundle::RefusalCode::related_images_and_envs);
    text += fmt::format("  {}{}: {}\n", problem.code, core_only ? " (by the core rules)" : "",
                        one_line(in_own_words(problem.reason), kLongestLine));
  }
  return text;
}

}  // namespace

std::string json_of(const Inspection& inspection) {
  model::JsonWriter json;
  json.begin_object();
  json.member("package", inspection.package);
  json.member("channels", inspection.channels);
  json.member("default_channel", inspection.default_channel);
  write_versions(json, inspection);
  write_images(json, inspection);
  write_problems(json, inspection);
  json.end_object();
  return json.text() + "\n";
}

std::string text_of(const Inspection& inspection) {
  const auto style = Style::of_standard_output();
  Table facts;
  facts.add_row({"package", inspection.package});
  facts.add_row({"channels", channels_of(inspection)});
  std::string text = facts.text(style);
  for (const auto& part : {versions_table(inspection, style), apis_table(inspection, style),
                           images_table(inspection, style), problems_text(inspection, style)}) {
    if (!part.empty()) text += "\n" + part;
  }
  return text;
}

}  // namespace iib::cli
