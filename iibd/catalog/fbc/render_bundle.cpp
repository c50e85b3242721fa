#include "catalog/fbc/render_bundle.hpp"

#include "catalog/bundle_reader.hpp"
#include "catalog/fbc/json_form.hpp"
#include "catalog/fields.hpp"
#include "catalog/json_text.hpp"
#include "catalog/metadata.hpp"
#include "catalog/properties.hpp"
#include "iib/base/base64.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace iib::catalog::fbc {
namespace {

Fields value_fields(const io::JsonValue& value, const std::string& type) {
  return Fields{&value, "the value of dependency " + type, Names::any_case};
}

/// A dependency as a property (catalog-fbc 2.2).
TypedValue as_property(const TypedValue& dependency) {
  const auto value = io::parse_json(dependency.value.value_or("null"));
  if (dependency.type == "olm.gvk") {
    const auto fields = value_fields(value, dependency.type);
    return {.type = "olm.gvk.required",
            .value = gvk_value({.group = fields.text("group"),
                                .version = fields.text("version"),
                                .kind = fields.text("kind"),
                                .plural = {}})};
  }
  if (dependency.type == "olm.package") {
    const auto fields = value_fields(value, dependency.type);
    return {.type = "olm.package.required",
            .value = fmt::format(R"({{"packageName":{},"versionRange":{}}})",
                                 json_string(fields.text("packageName")),
                                 json_string(fields.text("version")))};
  }
  return dependency;
}

/// The reference takes the values of these types apart and writes them again; of others it keeps
/// the text that came out of YAML, with its escapes.
bool is_rewritten(std::string_view type) {
  return type == kPackageProperty || type == "olm.package.required" || type == "olm.gvk" ||
         type == "olm.gvk.required";
}

Property plain_property(const TypedValue& given) {
  auto value = compact_json(given.value.value_or("null"));
  if (is_rewritten(given.type)) value = without_html_escapes(value);
  return {.type = given.type, .value = std::move(value)};
}

}  // namespace

std::vector<Property> collect_properties(const PropertySources& sources) {
  const auto less = [](const Property& a, const Property& b) {
    return std::tie(a.type, a.value) < std::tie(b.type, b.value);
  };
  std::set<Property, decltype(less)> all{less};
  // The annotation of the CSV beats all, and the properties file never counts.
  TypedValue package{.type = std::string{kPackageProperty},
                     .value = package_property(sources.package, sources.version)};
  for (const auto* list : {&sources.properties, &sources.annotated}) {
    for (const auto& property : *list) {
      if (property.type != kPackageProperty) {
        all.insert(plain_property(property));
      } else if (list == &sources.annotated) {
        package.value = property.value;
      }
    }
  }
  all.insert(plain_property(package));
  for (const auto& dependency : sources.dependencies) {
    all.insert(plain_property(as_property(dependency)));
  }
  return {all.begin(), all.end()};
}

void add_objects(std::vector<Property>& properties, std::string_view objects) {
  while (!objects.empty()) {
    const auto end = objects.find('\n');
    properties.push_back(
        {.type = std::string{kObjectProperty},
         .value = fmt::format(R"({{"data":"{}"}})", to_base64(objects.substr(0, end)))});
    objects = end == std::string_view::npos ? std::string_view{} : objects.substr(end + 1);
  }
}

std::vector<RelatedImage> collect_images(const io::JsonValue& csv,
                                         const std::vector<std::string>& others) {
  std::vector<RelatedImage> images;
  std::set<std::string, std::less<>> named;
  const Fields root{&csv, "the ClusterServiceVersion", Names::exact};
  for (const auto& image : root.object("spec").objects("relatedImages", Names::any_case)) {
    images.push_back({.name = image.text("name"), .image = image.text("image")});
    named.insert(images.back().image);
  }
  for (const auto& image : others) {
    if (named.insert(image).second) images.push_back({.name = {}, .image = image});
  }
  std::stable_sort(images.begin(), images.end(),
                   [](const auto& a, const auto& b) { return a.image < b.image; });
  return images;
}

BundleBlob render_bundle(const BundleSource& source, MigrateLevel level, const Log& log) {
  const auto bundle = read_bundle(source, log);
  const auto csv = io::parse_json(bundle.csv);
  const auto annotation = Fields{&csv, "the ClusterServiceVersion", Names::exact}
                              .object("metadata")
                              .object("annotations")
                              .text("olm.properties");
  BundleBlob blob;
  blob.name = bundle.name;
  blob.package = bundle.package;
  blob.image = bundle.pull_spec;
  blob.properties = collect_properties({.package = bundle.package,
                                        .version = bundle.version,
                                        .properties = bundle.properties,
                                        .dependencies = bundle.dependencies,
                                        .annotated = annotation.empty()
                                                         ? std::vector<TypedValue>{}
                                                         : read_properties_annotation(annotation)});
  switch (level) {
    case MigrateLevel::none:
      add_objects(blob.properties, bundle.objects);
      break;
    case MigrateLevel::bundle_object_to_csv_metadata:
      blob.properties.push_back(
          {.type = std::string{kMetadataProperty}, .value = csv_metadata(csv)});
      break;
  }
  blob.related_images = collect_images(csv, bundle.related_images);
  return blob;
}

}  // namespace iib::catalog::fbc
