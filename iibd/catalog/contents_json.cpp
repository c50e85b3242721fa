#include "catalog/contents_json.hpp"

namespace iib::catalog {
namespace {

void write_node(model::JsonWriter& json, const PackageContents& package, const ChannelNode& node) {
  json.begin_object();
  json.member("bundle", node.bundle);
  json.member("stub", package.find_bundle(node.bundle) == nullptr);
  json.member("replaces", node.replaces);
  json.member("skips", node.skips);
  json.member("skip_range", node.skip_range);
  json.end_object();
}

void write_channel(model::JsonWriter& json, const PackageContents& package,
                   const ChannelContents& channel) {
  json.begin_object();
  json.member("name", channel.name);
  json.member("default", channel.name == package.default_channel);
  json.member("head", channel.head);
  json.key("nodes");
  json.begin_array();
  for (const auto& node : channel.nodes) write_node(json, package, node);
  json.end_array();
  json.end_object();
}

}  // namespace

void write_bundle(model::JsonWriter& json, const BundleSummary& bundle) {
  json.begin_object();
  json.member("name", bundle.name);
  json.member("version", bundle.version);
  json.member("pull_spec", bundle.pull_spec);
  json.member("substitutes_for", bundle.substitutes_for);
  json.member("deprecated", bundle.deprecated);
  json.end_object();
}

void write_deprecations(model::JsonWriter& json, std::string_view name,
                        const std::vector<DeprecationNote>& notes) {
  json.key(name);
  json.begin_array();
  for (const auto& note : notes) {
    json.begin_object();
    json.member("schema", note.schema);
    json.member("name", note.name);
    json.member("message", note.message);
    json.end_object();
  }
  json.end_array();
}

void write_package(model::JsonWriter& json, const PackageContents& package) {
  json.begin_object();
  json.member("name", package.name);
  json.member("default_channel", package.default_channel);
  json.key("channels");
  json.begin_array();
  for (const auto& channel : package.channels) write_channel(json, package, channel);
  json.end_array();
  json.key("bundles");
  json.begin_array();
  for (const auto& bundle : package.bundles) write_bundle(json, bundle);
  json.end_array();
  write_deprecations(json, "deprecations", package.deprecations);
  json.end_object();
}

std::string to_json(const PackageContents& package) {
  model::JsonWriter json;
  write_package(json, package);
  return json.text();
}

}  // namespace iib::catalog
