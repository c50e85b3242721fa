#include "cli/bundle_report.hpp"
#include "iib/model/json_writer.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>
#include <vector>

namespace iib::cli {
namespace {

using bundle::Change;
using bundle::Regenerated;

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

void write_named(model::JsonWriter& json, const Regenerated& regenerated) {
  json.key("named");
  json.begin_array();
  for (const auto& image : regenerated.named) {
    json.begin_object();
    // Without its folder, as the reference tells it.
    json.member("file", std::filesystem::path{image.file}.filename().string());
    json.member("origin", image.origin);
    json.member("name", image.name);
    json.member("image", image.image);
    json.end_object();
  }
  json.end_array();
}

std::string_view operation_of(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::added:
      return "add";
    case Change::Kind::replaced:
      return "replace";
  }
  return "";
}

void write_change(model::JsonWriter& json, const Change& change) {
  json.begin_object();
  json.member("path", change.place);
  json.member("op", operation_of(change.kind));
  if (change.old) {
    json.key("old");
    json.raw(*change.old);
  }
  json.key("new");
  json.raw(change.now);
  json.member("why", change.why);
  json.end_object();
}

void write_changes(model::JsonWriter& json, const Regenerated& regenerated) {
  std::map<std::string_view, std::vector<const Change*>> by_file;
  for (const auto& change : regenerated.changes) by_file[change.file].push_back(&change);
  json.key("changes");
  json.begin_object();
  for (const auto& [file, changes] : by_file) {
    json.key(file);
    json.begin_array();
    for (const auto* change : changes) write_change(json, *change);
    json.end_array();
  }
  json.end_object();
}

void write_labels(model::JsonWriter& json, const bundle::Labels& labels) {
  json.key("labels");
  json.begin_object();
  for (const auto& [label, value] : labels) json.member(label, value);
  json.end_object();
}

}  // namespace

std::string json_of(const Regenerated& regenerated) {
  model::JsonWriter json;
  json.begin_object();
  write_named(json, regenerated);
  json.member("found", sorted(regenerated.found));
  json.member("looked_up", sorted(regenerated.looked_up));
  write_labels(json, regenerated.labels);
  write_changes(json, regenerated);
  json.member("related_bundles", regenerated.related_bundles);
  json.end_object();
  return json.text() + "\n";
}

}  // namespace iib::cli
