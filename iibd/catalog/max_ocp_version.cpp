#include "iib/catalog/max_ocp_version.hpp"

#include "catalog/bundle_files.hpp"
#include "catalog/bundle_rows.hpp"
#include "catalog/manifest_document.hpp"
#include "catalog/sqlite_catalog.hpp"
#include "catalog/working_copy.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::catalog {
namespace {

constexpr auto kProperty = "olm.maxOpenShiftVersion";
/// A bare number: what the original writes (catalog-sqlite 4.3).
constexpr auto kLastVersion = "4.8";

using RemovedApi = std::pair<std::string_view, std::string_view>;

/// What Kubernetes 1.22 does not serve any more, by its own migration guide. The kinds are named
/// because some others of the same groups stayed.
constexpr std::array<RemovedApi, 23> kRemoved{{
    {"admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration"},
    {"admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration"},
    {"apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"},
    {"apiregistration.k8s.io/v1beta1", "APIService"},
    {"authentication.k8s.io/v1beta1", "TokenReview"},
    {"authorization.k8s.io/v1beta1", "LocalSubjectAccessReview"},
    {"authorization.k8s.io/v1beta1", "SelfSubjectAccessReview"},
    {"authorization.k8s.io/v1beta1", "SelfSubjectRulesReview"},
    {"authorization.k8s.io/v1beta1", "SubjectAccessReview"},
    {"certificates.k8s.io/v1beta1", "CertificateSigningRequest"},
    {"coordination.k8s.io/v1beta1", "Lease"},
    {"extensions/v1beta1", "Ingress"},
    {"networking.k8s.io/v1beta1", "Ingress"},
    {"networking.k8s.io/v1beta1", "IngressClass"},
    {"rbac.authorization.k8s.io/v1beta1", "ClusterRole"},
    {"rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding"},
    {"rbac.authorization.k8s.io/v1beta1", "Role"},
    {"rbac.authorization.k8s.io/v1beta1", "RoleBinding"},
    {"scheduling.k8s.io/v1beta1", "PriorityClass"},
    {"storage.k8s.io/v1beta1", "CSIDriver"},
    {"storage.k8s.io/v1beta1", "CSINode"},
    {"storage.k8s.io/v1beta1", "StorageClass"},
    {"storage.k8s.io/v1beta1", "VolumeAttachment"},
}};

// All names at once: table `properties` has no index.
constexpr auto kDeclaring = R"sql(
  SELECT operatorbundle_name FROM properties WHERE type = :type
)sql";

// From the index pk; the rows lie between the payloads.
constexpr auto kBundlesByPath = R"sql(
  SELECT name, version, bundlepath FROM operatorbundle WHERE bundlepath IS NOT NULL
)sql";

/// The removed API in the manifest `file`, as `KIND of GROUP/VERSION in FILE`.
std::optional<std::string> removed_api_in(std::string_view text, const std::string& file) {
  try {
    const auto document = read_file_document(text, file);
    const auto version = io::text_member(document.root, "apiVersion");
    const auto kind = io::text_member(document.root, "kind");
    if (!version || !kind) return std::nullopt;
    const RemovedApi api{*version, *kind};
    if (std::ranges::find(kRemoved, api) == kRemoved.end()) return std::nullopt;
    return fmt::format("{} of {} in {}", *kind, *version, file);
  } catch (const UserError&) {
    return std::nullopt;  // no object: the index has nothing of this file
  }
}

/// The first removed API that a bundle uses.
std::optional<std::string> removed_api_of(const BundleSource& bundle) {
  BundleFiles files;
  for (const auto& name : list_files(bundle.directory, "manifests", HiddenFiles::skip)) {
    const auto file = "manifests/" + name;
    const auto text = files.read(bundle.directory / file);
    if (!text) continue;
    if (auto found = removed_api_in(*text, file)) return found;
  }
  return std::nullopt;
}

/// Pull specification -> what is to blame.
using Users = std::map<std::string, std::string>;

Users users_of_removed_apis(std::span<const BundleSource> bundles, const Work& work) {
  Users users;
  for (const auto& bundle : bundles) {
    work.cancellation.check("looking for removed APIs");
    if (auto api = removed_api_of(bundle)) users.emplace(bundle.pull_spec, *std::move(api));
  }
  return users;
}

std::set<std::string> declaring_bundles(IndexDatabase& database) {
  std::set<std::string> names;
  auto read = database.use(kDeclaring);
  read->bind(":type", kProperty);
  while (read->executeStep()) names.insert(read->getColumn(0).getString());
  return names;
}

/// The bundles of the index among `users` that tell no version by themselves.
std::vector<StoredBundle> silent_bundles(IndexDatabase& database, const Users& users) {
  const auto declaring = declaring_bundles(database);
  std::vector<StoredBundle> silent;
  auto read = database.use(kBundlesByPath);
  while (read->executeStep()) {
    StoredBundle bundle{.name = read->getColumn(0).getString(),
                        .version = read->getColumn(1).getString(),
                        .pull_spec = read->getColumn(2).getString(),
                        .edges = {}};
    if (users.contains(bundle.pull_spec) && !declaring.contains(bundle.name)) {
      silent.push_back(std::move(bundle));
    }
  }
  return silent;
}

}  // namespace

Catalog declare_max_ocp_version(const Catalog& catalog, std::span<const BundleSource> bundles,
                                const Work& work) {
  const auto users = users_of_removed_apis(bundles, work);
  if (users.empty()) return catalog;
  auto path =
      change_index(sqlite_path(catalog), work, Deletions::none, [&](IndexDatabase& database) {
        for (const auto& bundle : silent_bundles(database, users)) {
          insert_property(database, bundle, {.type = kProperty, .value = kLastVersion});
          work.log.info("bundle {} gets the property {} {}: Kubernetes 1.22 has no {}", bundle.name,
                        kProperty, kLastVersion, users.at(bundle.pull_spec));
        }
      });
  return {.kind = CatalogKind::sqlite, .path = std::move(path), .ocp_version = catalog.ocp_version};
}

}  // namespace iib::catalog
