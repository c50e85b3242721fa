#include "catalog/fbc/json_form.hpp"
#include "catalog/fbc/json_object.hpp"
#include "catalog/fbc/render_bundle.hpp"
#include "catalog/fields.hpp"
#include "catalog/json_text.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {
namespace {

using Write = std::function<std::string(const Fields&)>;

void add_list(JsonObject& object, std::string_view key, const std::vector<Fields>& elements,
              const Write& write) {
  if (!elements.empty()) object.raw(key, json_list(elements, write));
}

std::string text_map(const Fields& map, const io::JsonValue* value) {
  map.require_texts();
  std::map<std::string, std::string> sorted;
  for (const auto& member : value->GetObject()) {
    sorted[{member.name.GetString(), member.name.GetStringLength()}] =
        io::as_text(member.value).value_or("");
  }
  JsonObject object;
  for (const auto& [key, text] : sorted) object.text(key, text);
  return object.take();
}

/// A name and a link, both only if there.
std::string link(const Fields& fields, const char* target) {
  JsonObject object;
  object.text_if_any("name", fields.text("name"));
  object.text_if_any(target, fields.text(target));
  return object.take();
}

std::string descriptor(const Fields& fields) {
  JsonObject object;
  object.text("path", fields.text("path"));
  object.text_if_any("displayName", fields.text("displayName"));
  object.text_if_any("description", fields.text("description"));
  const auto extra = fields.texts("x-descriptors");
  if (!extra.empty()) object.raw("x-descriptors", json_list(extra, plain_json_string));
  if (const auto* value = fields.find_present("value")) {
    object.raw("value", without_html_escapes(canonical_json(*value)));
  }
  return object.take();
}

std::string resource(const Fields& fields) {
  JsonObject object;
  for (const auto* key : {"name", "kind", "version"}) object.text(key, fields.text(key));
  return object.take();
}

/// What descriptions of owned and required APIs have in common, from the display name on.
void add_description(JsonObject& object, const Fields& fields) {
  object.text_if_any("displayName", fields.text("displayName"));
  object.text_if_any("description", fields.text("description"));
  add_list(object, "resources", fields.objects("resources"), resource);
  for (const auto* key : {"statusDescriptors", "specDescriptors", "actionDescriptors"}) {
    add_list(object, key, fields.objects(key), descriptor);
  }
}

std::string resource_definition(const Fields& fields) {
  JsonObject object;
  for (const auto* key : {"name", "version", "kind"}) object.text(key, fields.text(key));
  add_description(object, fields);
  return object.take();
}

std::string service_definition(const Fields& fields) {
  JsonObject object;
  for (const auto* key : {"name", "group", "version", "kind"}) object.text(key, fields.text(key));
  object.text_if_any("deploymentName", fields.text("deploymentName"));
  const auto* port = fields.find("containerPort");
  if (port != nullptr && port->IsInt64() && port->GetInt64() != 0) {
    object.raw("containerPort", fmt::format("{}", port->GetInt64()));
  }
  add_description(object, fields);
  return object.take();
}

std::string definitions(const Fields& fields, const Write& write) {
  JsonObject object;
  for (const auto* key : {"owned", "required"}) add_list(object, key, fields.objects(key), write);
  return object.take();
}

std::string install_mode(const Fields& fields) {
  JsonObject object;
  object.text("type", fields.text("type"));
  const auto* supported = fields.find("supported");
  const bool is_supported = supported != nullptr && supported->IsBool() && supported->GetBool();
  object.raw("supported", is_supported ? "true" : "false");
  return object.take();
}

std::string native_api(const Fields& fields) {
  JsonObject object;
  for (const auto* key : {"group", "version", "kind"}) object.text(key, fields.text(key));
  return object.take();
}

void add_map(JsonObject& object, std::string_view key, const Fields& metadata) {
  const auto* value = metadata.find(key);
  if (value == nullptr || (value->IsObject() && value->ObjectEmpty())) return;
  object.raw(key, text_map(metadata.object(key, Names::exact), value));
}

}  // namespace

std::string csv_metadata(const io::JsonValue& csv) {
  const Fields root{&csv, "the ClusterServiceVersion", Names::any_case};
  const auto metadata = root.object("metadata");
  const auto spec = root.object("spec");
  JsonObject object;
  add_map(object, "annotations", metadata);
  object.raw("apiServiceDefinitions",
             definitions(spec.object("apiservicedefinitions"), service_definition));
  object.raw("crdDescriptions",
             definitions(spec.object("customresourcedefinitions"), resource_definition));
  object.text_if_any("description", spec.text("description"));
  object.text_if_any("displayName", spec.text("displayName"));
  add_list(object, "installModes", spec.objects("installModes"), install_mode);
  const auto keywords = spec.texts("keywords");
  if (!keywords.empty()) object.raw("keywords", json_list(keywords, plain_json_string));
  add_map(object, "labels", metadata);
  add_list(object, "links", spec.objects("links"),
           [](const Fields& fields) { return link(fields, "url"); });
  add_list(object, "maintainers", spec.objects("maintainers"),
           [](const Fields& fields) { return link(fields, "email"); });
  object.text_if_any("maturity", spec.text("maturity"));
  object.text_if_any("minKubeVersion", spec.text("minKubeVersion"));
  add_list(object, "nativeAPIs", spec.objects("nativeAPIs"), native_api);
  object.raw("provider", link(spec.object("provider"), "url"));
  return object.take();
}

}  // namespace iib::catalog::fbc
