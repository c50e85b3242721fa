#include "bundle_addition.hpp"
#include "deprecation.hpp"
#include "file_based_change.hpp"
#include "iib/base/error.hpp"
#include "iib/base/parallel.hpp"
#include "index_difference.hpp"
#include "index_image.hpp"
#include "merged_index.hpp"
#include "merging.hpp"
#include "ocp_versions.hpp"
#include "overwriting.hpp"
#include "prepare.hpp"
#include "steps.hpp"
#include "subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace iib::task {
namespace {

/// Of one request at a time; a registry answers more slowly when it is asked for more.
constexpr std::size_t kAtOnce = 8;

/// The version of OpenShift that the merged index is for.
OcpVersion target_version(const Preparation& preparation) {
  auto version = OcpVersion::parse(preparation.delivery.version);
  if (version) return *std::move(version);
  throw UserError{
      fmt::format("target_index has the label {}={}, which is no version of OpenShift such as "
                  "v4.16: correct the label",
                  kVersionLabel, preparation.delivery.version)};
}

/// A database cannot hold what files do (pipeline 6.5, step 2).
void require_matching_kinds(const Context& context, const Preparation& preparation) {
  if (!preparation.from_index || !is_file_based(preparation.source_index_labels)) return;
  if (is_file_based(preparation.from_index_labels)) return;
  throw UserError{fmt::format(
      "source_from_index {} holds a file-based catalog and target_index {} an SQLite database: "
      "give a target_index with a file-based catalog",
      *context.facts().source_from_index, *context.facts().target_index)};
}

/// The images of `bundles` with their labels, in their order.
std::vector<ResolvedBundle> inspect(const Context& context,
                                    const std::vector<catalog::ListedBundle>& bundles) {
  std::vector<std::optional<ResolvedBundle>> found(bundles.size());
  in_parallel(bundles.size(), kAtOnce, [&](std::size_t i) {
    context.cancellation().check("looking up the labels of bundles");
    const auto& given = bundles[i].pull_spec;
    auto pinned = pin_bundle(context, given);
    auto labels = about("bundle", given,
                        [&] { return context.images().config(pinned, context.access()).labels; });
    found[i] = {.given = given, .pinned = std::move(pinned), .labels = std::move(labels)};
  });
  std::vector<ResolvedBundle> inspected;
  for (auto& bundle : found) inspected.push_back(*std::move(bundle));
  return inspected;
}

/// Whether bundles without the label are meant for all versions (pipeline 7.4).
bool may_lack_label(const Context& context) {
  const auto& facts = context.facts();
  if (!facts.ignore_bundle_ocp_version.value_or(false)) return false;
  const auto& user = context.job().request.user;
  return std::ranges::any_of(
      context.settings().no_ocp_label_allow_list, [&](const std::string& allowed) {
        return (facts.target_index && facts.target_index->starts_with(allowed)) ||
               facts.source_from_index->starts_with(allowed) || user == allowed;
      });
}

/// Decides which bundles are meant for a version of OpenShift, and tells the log why not.
class VersionRule {
 public:
  VersionRule(const Context& context, const Preparation& preparation)
      : context_{context},
        version_{target_version(preparation)},
        text_{preparation.delivery.version},
        may_lack_label_{may_lack_label(context)} {}

  [[nodiscard]] bool allows(const ResolvedBundle& bundle) const {
    const auto label = bundle.labels.find(kOcpVersionsLabel);
    const auto value = label == bundle.labels.end() ? std::string{} : label->second;
    if (value.find_first_not_of(" \t\r\n") == std::string::npos) {
      if (!may_lack_label_) tell(bundle, "has no label that says so");
      return may_lack_label_;
    }
    switch (fits(value, version_)) {
      case OcpFit::yes:
        return true;
      case OcpFit::no:
        tell(bundle, fmt::format("its label is {}", value));
        return false;
      case OcpFit::unreadable:
        context_.log().warning("the label {}={} of bundle {} cannot be understood",
                               kOcpVersionsLabel, value, bundle.given);
        return false;
    }
    return false;
  }

 private:
  void tell(const ResolvedBundle& bundle, std::string_view why) const {
    context_.log().info("bundle {} is not meant for {}: {}", bundle.given, text_, why);
  }

  const Context& context_;
  OcpVersion version_;
  std::string text_;
  bool may_lack_label_;
};

/// The names of those of `bundles`, whose images are `images`, that the index is not for.
std::set<std::string> invalid_names(const VersionRule& rule,
                                    const std::vector<catalog::ListedBundle>& bundles,
                                    const std::vector<ResolvedBundle>& images) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    if (!rule.allows(images[i])) names.insert(bundles[i].name);
  }
  return names;
}

/// What the merge adds to the source, and what is done with it.
struct Additions {
  std::vector<catalog::ListedBundle> bundles;
  std::set<std::string> packages;  ///< Taken as they are.
};

Additions additions(const Context& context, const MergedIndex& source,
                    const std::optional<MergedIndex>& target) {
  if (!target) return {};
  Additions added{.bundles = missing_bundles(source.known, target->bundles),
                  .packages = packages_to_take(source, *target)};
  std::erase_if(added.bundles,
                [&](const auto& bundle) { return added.packages.contains(bundle.package); });
  const auto gets_bundles = [&](const std::string& package) {
    return std::ranges::any_of(added.bundles,
                               [&](const auto& bundle) { return bundle.package == package; });
  };
  for (const auto& package : target->only_in_catalog) {
    if (added.packages.contains(package) || gets_bundles(package)) continue;
    context.log().warning(
        "package {} is in the catalog of target_index only; the merged index has it as "
        "source_from_index has it",
        package);
  }
  return added;
}

/// `catalog` without what lies below the bundles that are to be deprecated (pipeline 6.5, S5).
/// Packages that are in a file-based catalog only have no database that could tell what that is.
catalog::Catalog deprecate(Context& context, catalog::Catalog catalog,
                           const std::vector<ResolvedBundle>& list,
                           const std::set<std::string>& invalid) {
  context.enter_state("Deprecating bundles");
  const auto database = database_of(catalog);
  if (database.path.empty()) return catalog;
  std::set<std::string> digests;
  for (const auto& bundle : list) digests.insert(bundle.pinned.digest()->text());
  const auto pull_specs = deprecated_pull_specs(
      context.catalogs().list(database, context.catalog_work("merged-list")), digests, invalid);
  context.log().info("deprecating {} bundles", pull_specs.size());
  if (pull_specs.empty()) return catalog;
  return context.catalogs().deprecate(catalog, pull_specs, {.allow_package_removal = true},
                                      context.catalog_work("deprecated"));
}

/// `catalog` in the form of the target: files, if that has files (pipeline 6.5, step 7).
catalog::Catalog in_form_of(const Context& context, catalog::Catalog catalog,
                            const MergedIndex& target, const std::set<std::string>& packages) {
  if (target.read.catalog.kind == catalog::CatalogKind::sqlite) return catalog;
  if (catalog.kind == catalog::CatalogKind::sqlite) {
    catalog = catalog::fbc::to_file_based(catalog, change_options(context, catalog),
                                          context.catalog_work("files"));
  }
  return take_packages(context, catalog, target, packages);
}

}  // namespace

Outcome run_merge_index_image(Context& context) {
  require_build_tags(context);
  if (auto done = finish_overwriting(context)) return *std::move(done);
  const auto preparation = prepare(context, {});
  require_matching_kinds(context, preparation);
  const VersionRule rule{context, preparation};
  const auto deprecations = resolve_deprecations(context);

  context.enter_state("Getting the bundles of both indexes");
  const auto source = read_source(context, preparation);
  const auto target = read_target(context, preparation);
  auto catalog = source.read.catalog;
  if (target) catalog.ocp_version = target->read.catalog.ocp_version;
  const auto before = contents_before(context, catalog);

  context.enter_state("Adding the bundles that source_from_index lacks");
  const auto added = additions(context, source, target);
  const auto images = inspect(context, added.bundles);
  auto invalid = invalid_names(rule, added.bundles, images);
  invalid.merge(invalid_names(rule, source.bundles, inspect(context, source.bundles)));
  if (!images.empty()) {
    catalog = add_bundles(context, catalog, images, preparation.delivery.scope);
  }
  catalog = deprecate(context, std::move(catalog), deprecations, invalid);
  if (target) catalog = in_form_of(context, std::move(catalog), *target, added.packages);
  log_difference(context, before, catalog, source.read.catalog);

  auto learned = publish(context, preparation, catalog, {.from = target ? &target->read : nullptr});
  overwrite_base_index(context, preparation, learned);
  return {.reason = fmt::format("The merged index image was pushed with {} bundles that "
                                "source_from_index lacked",
                                images.size()),
          .learned = std::move(learned)};
}

}  // namespace iib::task
