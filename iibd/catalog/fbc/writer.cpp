#include "catalog/fbc/writer.hpp"

#include "catalog/fbc/json_form.hpp"
#include "catalog/fbc/json_object.hpp"
#include "catalog/fbc/yaml_form.hpp"
#include "iib/io/json.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace iib::catalog::fbc {
namespace {

constexpr std::size_t kIndent = 4;

void add_properties(JsonObject& object, const std::vector<Property>& properties) {
  if (properties.empty()) return;
  object.raw("properties", json_list(properties, [](const Property& property) {
               JsonObject entry;
               entry.text("type", property.type);
               entry.raw("value", property.value);
               return entry.take();
             }));
}

struct Writer {
  std::string operator()(const Package& package) const {
    JsonObject object;
    object.text("schema", kPackageSchema);
    object.text("name", package.name);
    object.text("defaultChannel", package.default_channel);
    if (package.icon) {
      JsonObject icon;
      icon.text("base64data", package.icon->base64data);
      icon.text("mediatype", package.icon->mediatype);
      object.raw("icon", icon.take());
    }
    object.text_if_any("description", package.description);
    add_properties(object, package.properties);
    return object.take();
  }

  std::string operator()(const Channel& channel) const {
    JsonObject object;
    object.text("schema", kChannelSchema);
    object.text("name", channel.name);
    object.text("package", channel.package);
    object.raw("entries", json_list(channel.entries, [](const ChannelEntry& entry) {
                 JsonObject one;
                 one.text("name", entry.name);
                 one.text_if_any("replaces", entry.replaces);
                 if (!entry.skips.empty())
                   one.raw("skips", json_list(entry.skips, plain_json_string));
                 one.text_if_any("skipRange", entry.skip_range);
                 return one.take();
               }));
    add_properties(object, channel.properties);
    return object.take();
  }

  std::string operator()(const BundleBlob& bundle) const {
    JsonObject object;
    object.text("schema", kBundleSchema);
    object.text("name", bundle.name);
    object.text("package", bundle.package);
    object.text("image", bundle.image);
    add_properties(object, bundle.properties);
    if (!bundle.related_images.empty()) {
      object.raw("relatedImages", json_list(bundle.related_images, [](const RelatedImage& image) {
                   JsonObject one;
                   one.text("name", image.name);
                   one.text("image", image.image);
                   return one.take();
                 }));
    }
    return object.take();
  }

  std::string operator()(const Deprecations& deprecations) const {
    JsonObject object;
    object.text("schema", kDeprecationsSchema);
    object.text("package", deprecations.package);
    object.raw("entries", json_list(deprecations.entries, [](const Deprecation& entry) {
                 JsonObject reference;
                 reference.text("schema", entry.schema);
                 reference.text_if_any("name", entry.name);
                 JsonObject one;
                 one.raw("reference", reference.take());
                 one.text("message", entry.message);
                 return one.take();
               }));
    return object.take();
  }

  std::string operator()(const Meta& meta) const { return meta.text; }
};

struct Ranker {
  Rank operator()(const Package& package) const { return {false, package.name, 0, {}}; }
  Rank operator()(const Channel& channel) const {
    return {false, channel.package, 1, channel.name};
  }
  Rank operator()(const BundleBlob& bundle) const {
    return {false, bundle.package, 2, bundle.name};
  }
  Rank operator()(const Meta& meta) const {
    if (meta.package.empty()) return {true, {}, 0, {}};
    return {false, meta.package, 3, meta.schema};
  }
  Rank operator()(const Deprecations& deprecations) const {
    return {false, deprecations.package, 4, {}};
  }
};

}  // namespace

bool operator<(const Rank& a, const Rank& b) {
  return std::tie(a.last, a.package, a.kind, a.name) < std::tie(b.last, b.package, b.kind, b.name);
}

Rank rank_of(const Blob& blob) {
  return std::visit(Ranker{}, blob);
}

void order_blobs(std::vector<Blob>& blobs) {
  std::erase_if(blobs, [](const Blob& blob) { return !is_written(rank_of(blob)); });
  std::stable_sort(blobs.begin(), blobs.end(),
                   [](const Blob& a, const Blob& b) { return rank_of(a) < rank_of(b); });
}

std::string one_line(const Blob& blob) {
  return compact_text(std::visit(Writer{}, blob));
}

std::string to_text(const Blob& blob, Format format) {
  const auto json = std::visit(Writer{}, blob);
  switch (format) {
    case Format::json:
      return indent_json(json, kIndent) + '\n';
    case Format::yaml:
      break;
  }
  return "---\n" + yaml_text(io::parse_json(json));
}

}  // namespace iib::catalog::fbc
