#include "catalog/fbc/synthesized_csv.hpp"

#include "catalog/fbc/json_object.hpp"
#include "catalog/raw_json.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {
namespace {

/// The members of a value `olm.csv.metadata`, each JSON without blanks.
class Metadata {
 public:
  explicit Metadata(std::string_view value) {
    for (const auto& member : raw_members(value)) {
      members_[member.key] = compact_json(member.value);
    }
  }

  /// Adds `key` as `name` if it is there and not empty.
  void copy(CacheObject& object, const std::string& key, std::string_view name) const {
    const auto found = members_.find(key);
    if (found == members_.end()) return;
    static constexpr std::array<std::string_view, 4> kEmpty{"null", "\"\"", "[]", "{}"};
    for (const auto empty : kEmpty) {
      if (found->second == empty) return;
    }
    object.raw(name, found->second);
  }

  /// Adds `key` as `name`, `absent` if it is not there.
  void copy_always(CacheObject& object, const std::string& key, std::string_view name,
                   std::string_view absent) const {
    const auto found = members_.find(key);
    object.raw(name, found == members_.end() ? absent : found->second);
  }

  [[nodiscard]] bool has_text(const std::string& key) const {
    const auto found = members_.find(key);
    return found != members_.end() && found->second.size() > 2 && found->second.front() == '"';
  }

 private:
  std::map<std::string, std::string> members_;
};

std::string metadata_json(const BundleBlob& bundle, const Metadata& metadata) {
  CacheObject object;
  object.text("name", bundle.name);
  object.raw("creationTimestamp", "null");
  metadata.copy(object, "labels", "labels");
  metadata.copy(object, "annotations", "annotations");
  return object.take();
}

void add_icon(CacheObject& spec, const Package& package) {
  if (!package.icon) return;
  CacheObject icon;
  icon.text("base64data", package.icon->base64data);
  icon.text("mediatype", package.icon->mediatype);
  spec.list_if_any("icon", {icon.take()});
}

void add_images(CacheObject& spec, const BundleBlob& bundle) {
  std::vector<std::string> images;
  for (const auto& related : bundle.related_images) {
    CacheObject image;
    image.text("name", related.name);
    image.text("image", related.image);
    images.push_back(image.take());
  }
  spec.list_if_any("relatedImages", images);
}

std::string spec_json(const BundleBlob& bundle, std::string_view version, const Metadata& metadata,
                      const Package& package) {
  CacheObject spec;
  spec.raw("install", R"({"strategy":"deployment","spec":{"deployments":null}})");
  spec.text("version", version);
  metadata.copy(spec, "maturity", "maturity");
  metadata.copy_always(spec, "crdDescriptions", "customresourcedefinitions", "{}");
  metadata.copy_always(spec, "apiServiceDefinitions", "apiservicedefinitions", "{}");
  metadata.copy(spec, "nativeAPIs", "nativeAPIs");
  metadata.copy(spec, "minKubeVersion", "minKubeVersion");
  metadata.copy_always(spec, "displayName", "displayName", "\"\"");
  if (metadata.has_text("description")) {
    metadata.copy(spec, "description", "description");
  } else {
    spec.text_if_any("description", package.description);
  }
  metadata.copy(spec, "keywords", "keywords");
  metadata.copy(spec, "maintainers", "maintainers");
  metadata.copy_always(spec, "provider", "provider", "{}");
  metadata.copy(spec, "links", "links");
  add_icon(spec, package);
  metadata.copy(spec, "installModes", "installModes");
  spec.raw("cleanup", R"({"enabled":false})");
  add_images(spec, bundle);
  return spec.take();
}

}  // namespace

std::string synthesized_csv(const BundleBlob& bundle, std::string_view version,
                            std::string_view metadata, const Package& package) {
  const Metadata facts{metadata};
  CacheObject csv;
  csv.text("kind", "ClusterServiceVersion");
  csv.text("apiVersion", "operators.coreos.com/v1alpha1");
  csv.raw("metadata", metadata_json(bundle, facts));
  csv.raw("spec", spec_json(bundle, version, facts, package));
  csv.raw("status", R"({"cleanup":{}})");
  return csv.take();
}

}  // namespace iib::catalog::fbc
