#include "catalog/contents_json.hpp"
#include "iib/catalog/difference.hpp"
#include "iib/model/json_writer.hpp"

namespace iib::catalog {
namespace {

void write_sides(model::JsonWriter& json, std::string_view name, const std::string& before,
                 const std::string& after) {
  json.key(name);
  json.begin_object();
  json.member("before", before);
  json.member("after", after);
  json.end_object();
}

void write_edges(model::JsonWriter& json, std::string_view name, const std::vector<Edge>& edges) {
  json.key(name);
  json.begin_array();
  for (const auto& edge : edges) {
    json.begin_object();
    json.member("from", edge.from);
    json.member("kind", to_string(edge.kind));
    json.member("to", edge.to);
    json.end_object();
  }
  json.end_array();
}

void write_channel(model::JsonWriter& json, const ChannelDifference& channel) {
  json.begin_object();
  json.member("name", channel.name);
  json.member("change", to_string(channel.change));
  write_sides(json, "head", channel.head_before, channel.head_after);
  json.member("nodes_added", channel.nodes_added);
  json.member("nodes_removed", channel.nodes_removed);
  write_edges(json, "edges_added", channel.edges_added);
  write_edges(json, "edges_removed", channel.edges_removed);
  json.end_object();
}

void write_bundles(model::JsonWriter& json, std::string_view name,
                   const std::vector<BundleDifference>& bundles) {
  json.key(name);
  json.begin_array();
  for (const auto& bundle : bundles) {
    json.begin_object();
    json.member("name", bundle.name());
    json.member("change", to_string(bundle.change()));
    if (bundle.before) {
      json.key("before");
      write_bundle(json, *bundle.before);
    }
    if (bundle.after) {
      json.key("after");
      write_bundle(json, *bundle.after);
    }
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string to_json(const Difference& difference) {
  model::JsonWriter json;
  json.begin_object();
  json.key("packages");
  json.begin_array();
  for (const auto& package : difference.packages) {
    json.begin_object();
    json.member("name", package.name);
    json.member("change", to_string(package.change));
    write_sides(json, "default_channel", package.default_channel_before,
                package.default_channel_after);
    json.key("channels");
    json.begin_array();
    for (const auto& channel : package.channels) write_channel(json, channel);
    json.end_array();
    write_bundles(json, "bundles", package.bundles);
    write_deprecations(json, "deprecations_added", package.deprecations_added);
    write_deprecations(json, "deprecations_removed", package.deprecations_removed);
    json.end_object();
  }
  json.end_array();
  write_bundles(json, "stranded", difference.stranded);
  json.end_object();
  return json.text();
}

}  // namespace iib::catalog
