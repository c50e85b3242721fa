#include "catalog/csv.hpp"

#include "catalog/fields.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace iib::catalog {
namespace {

/// `2006-01-02T15:04:05`, then a fraction maybe, then `Z` or an offset.
bool looks_like_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) return false;
  }
  auto rest = text.substr(kShape.size());
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of("0123456789"), rest.size()));
  }
  return rest == "Z" || (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':');
}

void check_metadata(const Fields& metadata) {
  metadata.object("labels").require_texts();
  metadata.object("annotations").require_texts();
  const auto created = metadata.text("creationTimestamp");
  if (metadata.has("creationTimestamp") && !looks_like_rfc3339(created)) {
    throw UserError{fmt::format("metadata.creationTimestamp {} is no RFC 3339 time", created)};
  }
}

/// A custom resource that a CSV names: `plural.group` in `name`.
Api described_crd(const Fields& description) {
  const auto name = description.text("name");
  const auto dot = name.find('.');
  if (dot == std::string::npos) {
    throw UserError{fmt::format("{}.name {} must be plural.group", description.place(), name)};
  }
  return Api{.group = name.substr(dot + 1),
             .version = description.text("version"),
             .kind = description.text("kind"),
             .plural = name.substr(0, dot)};
}

Api described_service(const Fields& description) {
  return Api{.group = description.text("group"),
             .version = description.text("version"),
             .kind = description.text("kind"),
             .plural = description.text("name")};
}

void read_apis(const Fields& spec, CsvFields& csv) {
  const auto crds = spec.object("customresourcedefinitions", Names::any_case);
  const auto services = spec.object("apiservicedefinitions", Names::any_case);
  for (const auto& crd : crds.objects("owned")) csv.owned.push_back(described_crd(crd));
  for (const auto& crd : crds.objects("required")) csv.required.push_back(described_crd(crd));
  for (const auto& service : services.objects("owned")) {
    csv.owned_services.push_back(described_service(service));
  }
  for (const auto& service : services.objects("required")) {
    csv.required.push_back(described_service(service));
  }
}

void read_images(const Fields& spec, CsvFields& csv) {
  const auto install = spec.object("install", Names::any_case);
  if (install.text("strategy") == "deployment") {
    for (const auto& deployment : install.object("spec").objects("deployments")) {
      const auto pod = deployment.object("spec").object("template").object("spec");
      for (const auto* list : {"containers", "initContainers"}) {
        for (const auto& container : pod.objects(list)) {
          csv.images.push_back(container.text("image"));
        }
      }
    }
  }
  for (const auto& image : spec.objects("relatedImages", Names::any_case)) {
    csv.images.push_back(image.text("image"));
  }
}

}  // namespace

CsvFields read_csv(const io::JsonValue& object) {
  const Fields root{&object, "the ClusterServiceVersion", Names::exact};
  const auto metadata = Fields{root.find("metadata"), "metadata", Names::exact};
  const auto spec = Fields{root.find("spec"), "spec", Names::exact};
  check_metadata(metadata);
  CsvFields csv;
  csv.name = metadata.text("name");
  if (csv.name.empty()) throw UserError{"metadata.name of the ClusterServiceVersion is missing"};
  if (!root.has("spec")) throw UserError{"spec of the ClusterServiceVersion is missing"};
  csv.version = spec.text("version");
  csv.edges = Edges{.replaces = spec.text("replaces"), .skips = spec.texts("skips")};
  const auto annotations = metadata.object("annotations");
  csv.skip_range = annotations.text("olm.skipRange");
  csv.substitutes_for = annotations.text("olm.substitutesFor");
  csv.properties_annotation = annotations.text("olm.properties");
  read_apis(spec, csv);
  read_images(spec, csv);
  return csv;
}

std::vector<Api> crd_apis(const io::JsonValue& object) {
  const Fields root{&object, "the CustomResourceDefinition", Names::exact};
  if (root.text("kind") != "CustomResourceDefinition") return {};
  const auto api_version = root.text("apiVersion");
  const auto slash = api_version.find('/');
  const auto group = slash == std::string::npos ? "" : api_version.substr(0, slash);
  const auto version = slash == std::string::npos ? api_version : api_version.substr(slash + 1);
  if (version != "v1" && version != "v1beta1") return {};
  if (group != "apiextensions.k8s.io") {
    throw UserError{
        fmt::format("apiVersion {} of a CustomResourceDefinition must be apiextensions.k8s.io/v1",
                    api_version)};
  }
  const auto spec = root.object("spec");
  const auto names = spec.object("names");
  Api api{.group = spec.text("group"),
          .version = {},
          .kind = names.text("kind"),
          .plural = names.text("plural")};
  std::vector<Api> apis;
  for (const auto& served : spec.objects("versions")) {
    api.version = served.text("name");
    apis.push_back(api);
  }
  if (version == "v1beta1" && spec.has("version")) {
    api.version = spec.text("version");
    if (!api.version.empty()) apis.push_back(api);
  }
  return apis;
}

}  // namespace iib::catalog
