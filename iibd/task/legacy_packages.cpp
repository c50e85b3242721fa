#include "legacy_packages.hpp"

#include "file_based_change.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/package_manifests.hpp"
#include "iib/io/json.hpp"
#include "subject.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <vector>

namespace iib::task {
namespace {

constexpr auto kBackportLabel = "com.redhat.delivery.backport";

using Versions = std::map<std::string, std::string>;

/// A label's text read as YAML 1.1 is true.
bool is_true(std::string_view text) {
  constexpr std::array<std::string_view, 11> kTrue{"y",  "Y",  "yes",  "Yes",  "YES", "on",
                                                   "On", "ON", "true", "True", "TRUE"};
  return std::ranges::find(kTrue, text) != kTrue.end();
}

/// Whether `version`, such as `v4.6`, is above 4.5, the last that the legacy registry serves.
bool is_beyond_legacy(std::string_view version) {
  if (version.starts_with('v')) version.remove_prefix(1);
  const auto dot = version.find('.');
  const auto number = [](std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  const int major = number(version.substr(0, dot));
  const int minor = dot == std::string_view::npos ? 0 : number(version.substr(dot + 1));
  return major > 4 || (major == 4 && minor > 5);
}

std::string package_of(const ResolvedBundle& bundle) {
  const auto label = bundle.labels.find(kPackageLabel);
  if (label != bundle.labels.end() && !label->second.empty()) return label->second;
  throw UserError{
      fmt::format("bundle {} cannot be pushed to the legacy app registry: it has no label {}",
                  bundle.given, kPackageLabel)};
}

void require_means(const Context& context, const std::set<std::string>& packages) {
  const auto& secrets = context.job().secrets;
  const auto& organization = context.facts().organization;
  const bool has_token = secrets.cnr_token && !secrets.cnr_token->empty();
  if (!has_token || !organization || organization->empty()) {
    throw UserError{fmt::format(
        "the packages {} are to be pushed to the legacy app registry, which needs the parameters "
        "cnr_token and organization: give both",
        fmt::join(packages, ", "))};
  }
  if (!context.settings().services.omps) {
    throw UserError{fmt::format(
        "the packages {} are to be pushed to the legacy app registry, but this service knows none: "
        "its operator must set iib_omps_url",
        fmt::join(packages, ", "))};
  }
}

/// What an earlier run of this job has pushed.
Versions pushed_before(const model::RequestFacts& facts) {
  Versions versions;
  if (!facts.omps_operator_version) return versions;
  const auto document =
      io::parse_json(*facts.omps_operator_version, {.name = "omps_operator_version"});
  for (const auto& [package, version] : document.GetObject()) {
    versions[package.GetString()] = version.IsString() ? version.GetString() : "";
  }
  return versions;
}

std::string to_text(const Versions& versions) {
  io::JsonDocument document{rapidjson::kObjectType};
  auto& allocator = document.GetAllocator();
  for (const auto& [package, version] : versions) {
    io::add_member(document, package, io::json_text(version, allocator), allocator);
  }
  return io::to_json(document);
}

std::filesystem::path export_packages(const Context& context, const std::set<std::string>& packages,
                                      const catalog::Catalog& catalog) {
  auto output = context.make_directory("legacy");
  const std::vector<std::string> names{packages.begin(), packages.end()};
  const std::vector<std::string> wanted{"manifests"};
  const auto fetch = [&](const std::string& pull_spec, const std::filesystem::path& destination) {
    about("bundle", pull_spec, [&] {
      context.images().extract(pin_bundle(context, pull_spec), wanted, destination,
                               context.access());
    });
  };
  static_cast<void>(catalog::export_packages(database_of(catalog), names, output, fetch,
                                             context.catalog_work("legacy-export")));
  return output;
}

}  // namespace

std::set<std::string> legacy_packages(Context& context, const Preparation& preparation,
                                      std::span<const ResolvedBundle> bundles) {
  const bool forced = context.job().arguments.force_backport;
  std::set<std::string> packages;
  for (const auto& bundle : bundles) {
    const auto label = bundle.labels.find(kBackportLabel);
    const bool labelled = label != bundle.labels.end() && is_true(label->second);
    if (forced || labelled) packages.insert(package_of(bundle));
  }
  if (packages.empty()) return packages;
  if (preparation.from_index_labels.contains(kVersionLabel) &&
      is_beyond_legacy(preparation.delivery.version)) {
    context.log().info(
        "the index is for {}: no package is pushed to the legacy app registry, "
        "which ends with v4.5",
        preparation.delivery.version);
    return {};
  }
  require_means(context, packages);
  if (forced) {
    context.enter_state(
        fmt::format("Preparing the packages for the legacy app registry, because force_backport "
                    "asks for it: {}",
                    fmt::join(packages, ", ")));
  }
  return packages;
}

void push_legacy_packages(Context& context, const std::set<std::string>& packages,
                          const catalog::Catalog& catalog, model::Learned& learned) {
  if (packages.empty()) return;
  context.enter_state(fmt::format("Exporting the packages for the legacy app registry: {}",
                                  fmt::join(packages, ", ")));
  const auto exported = export_packages(context, packages, catalog);
  auto& versions = context.pushed_packages();
  versions.merge(pushed_before(context.facts()));
  for (const auto& package : packages) {
    if (versions.contains(package)) {
      context.log().info("package {} was pushed before by this request", package);
      continue;
    }
    context.progress().confirm_claim();
    const auto version = context.settings().services.omps.value().push(
        {.name = package, .directory = exported / package},
        {.organization = *context.facts().organization, .token = *context.job().secrets.cnr_token},
        context.make_directory("legacy-" + std::to_string(versions.size())), context.cancellation(),
        context.log());
    versions[package] = version.value_or("");
    model::Learned pushed;
    pushed.facts.omps_operator_version = to_text(versions);
    context.progress().learn(std::move(pushed));
  }
  learned.facts.omps_operator_version = to_text(versions);
  context.enter_state("The packages were pushed to the legacy app registry");
}

}  // namespace iib::task
