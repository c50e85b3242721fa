#include "catalog/fbc/cache_bundle.hpp"

#include "catalog/fbc/bundle_objects.hpp"
#include "catalog/fbc/json_form.hpp"
#include "catalog/fbc/json_object.hpp"
#include "catalog/fbc/synthesized_csv.hpp"
#include "catalog/fields.hpp"
#include "catalog/shown_name.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace iib::catalog::fbc {
namespace {

constexpr std::string_view kCsvKind = "ClusterServiceVersion";

/// A value, which must outlive its fields.
struct Value {
  explicit Value(const Property& property)
      : document{io::parse_json(property.value)},
        fields{&document, "the value of its property " + property.type, Names::any_case} {}
  io::JsonDocument document;
  Fields fields;
};

bool is_csv(const std::string& object) {
  if (object.find(kCsvKind) == std::string::npos) return false;
  try {
    return io::text_member(io::parse_json(object), "kind") == kCsvKind;
  } catch (const UserError&) {
    return false;  // what is no JSON is kept as it is
  }
}

/// An API as a message of the service has it: empty fields left out.
std::string api_of(const Property& property) {
  const Value value{property};
  CacheObject api;
  for (const auto* key : {"group", "version", "kind"}) api.text_if_any(key, value.fields.text(key));
  return api.take();
}

std::string typed(std::string_view type, std::string_view value) {
  CacheObject object;
  object.text("type", type);
  object.text_if_any("value", value);
  return object.take();
}

std::string required_package(const Property& property) {
  const Value value{property};
  JsonObject package;
  package.text("packageName", value.fields.text("packageName"));
  package.text("version", value.fields.text("versionRange"));
  return typed(kPackageProperty, package.take());
}

/// The lists of a bundle's file, each element JSON.
struct Lists {
  std::string csv;
  /// The value of `olm.csv.metadata`, where it is not served as a property.
  std::string metadata;
  std::string version;
  std::vector<std::string> objects;
  std::vector<std::string> provided;
  std::vector<std::string> required;
  std::vector<std::string> dependencies;
  std::vector<std::string> properties;
};

void add_property(Lists& lists, const Property& property, ObjectReader& objects,
                  CacheFlavor flavor) {
  if (property.type == kMetadataProperty && flavor == CacheFlavor::opm_1_32) {
    lists.metadata = property.value;
    return;
  }
  if (property.type == kObjectProperty) {
    const auto object = objects.json(property);
    if (lists.csv.empty() && is_csv(object)) lists.csv = object;
    lists.objects.push_back(json_string(object));
    return;
  }
  const auto value = compact_text(property.value);
  lists.properties.push_back(typed(property.type, value));
  if (property.type == kPackageProperty) {
    lists.version = Value{property}.fields.text("version");
  } else if (property.type == "olm.gvk") {
    lists.provided.push_back(api_of(property));
  } else if (property.type == "olm.gvk.required") {
    lists.required.push_back(api_of(property));
    lists.dependencies.push_back(typed("olm.gvk", value));
  } else if (property.type == "olm.package.required") {
    lists.dependencies.push_back(required_package(property));
  }
}

Lists lists_of(const BundleBlob& bundle, const ObjectPlace& place, const Package& package,
               CacheFlavor flavor) {
  Lists lists;
  ObjectReader objects{place};
  for (const auto& property : bundle.properties) add_property(lists, property, objects, flavor);
  if (lists.csv.empty() && !lists.metadata.empty()) {
    lists.csv = synthesized_csv(bundle, lists.version, lists.metadata, package);
    if (lists.objects.empty()) lists.objects.push_back(json_string(lists.csv));
  }
  return lists;
}

/// The members that `object` got, without braces.
std::string inner(CacheObject object) {
  const auto text = object.take();
  return text.substr(1, text.size() - 2);
}

}  // namespace

CachedBundle::CachedBundle(const BundleBlob& bundle, const ObjectPlace& place,
                           const CachedPackageFacts& package, CacheFlavor flavor) {
  Lists lists;
  try {
    lists = lists_of(bundle, place, package.package, flavor);
  } catch (const UserError& error) {
    throw UserError{fmt::format("bundle {} of package {} cannot be served: {}", shown(bundle.name),
                                shown(bundle.package), error.what())};
  }
  CacheObject begin;
  begin.text_if_any("csvName", bundle.name);
  begin.text_if_any("packageName", bundle.package);
  begin_ = inner(std::move(begin));

  CacheObject middle;
  middle.text_if_any("csvJson", lists.csv);
  middle.list_if_any("object", lists.objects);
  middle.text_if_any("bundlePath", bundle.image);
  middle.list_if_any("providedApis", lists.provided);
  middle.list_if_any("requiredApis", lists.required);
  middle.text_if_any("version", lists.version);
  middle_ = inner(std::move(middle));

  CacheObject end;
  end.list_if_any("dependencies", lists.dependencies);
  end.list_if_any("properties", lists.properties);
  end_ = inner(std::move(end));

  const auto deprecated = package.bundle_deprecations.find(bundle.name);
  if (deprecated == package.bundle_deprecations.end()) return;
  CacheObject message;
  message.text("message", *deprecated->second);
  CacheObject last;
  last.raw("deprecation", message.take());
  last_ = inner(std::move(last));
}

std::string CachedBundle::text(std::string_view channel, const ChannelEntry& entry) const {
  std::vector<std::string> skips;
  for (const auto& name : entry.skips) skips.push_back(json_string(name));
  CacheObject of_channel;
  of_channel.text_if_any("channelName", channel);
  CacheObject range;
  range.text_if_any("skipRange", entry.skip_range);
  CacheObject edges;
  edges.text_if_any("replaces", entry.replaces);
  edges.list_if_any("skips", skips);

  std::string text{"{"};
  for (const auto& part : {begin_, inner(std::move(of_channel)), middle_, inner(std::move(range)),
                           end_, inner(std::move(edges)), last_}) {
    if (part.empty()) continue;
    if (text.size() > 1) text += ',';
    text += part;
  }
  text += '}';
  return text;
}

}  // namespace iib::catalog::fbc
