#include "bundle_directories.hpp"
#include "bundle_list.hpp"
#include "bundle_lookup.hpp"
#include "iib/bundle/bundle_files.hpp"
#include "iib/bundle/regenerate.hpp"
#include "iib/io/json.hpp"
#include "output_image.hpp"
#include "resolve.hpp"
#include "steps.hpp"
#include "subject.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

namespace iib::task {
namespace {

namespace fs = std::filesystem;

/// The bundle image of the request, and what it says of itself.
struct Source {
  ResolvedImage image;
  bundle::Labels labels;
};

Source resolve(Context& context) {
  context.enter_state("Resolving the bundle image");
  const auto& given = context.facts().from_bundle_image.value();  // the API requires it
  auto image = resolve_image(context, given, "from_bundle_image");
  auto labels = about("from_bundle_image", given, [&] {
    return context.images().config(image.speaker, context.access()).labels;
  });
  model::Learned learned;
  learned.facts.from_bundle_image_resolved = image.pinned.text();
  context.enter_state(fmt::format("Regenerating the bundle image for the architectures: {}",
                                  fmt::join(image.architectures(), ", ")),
                      std::move(learned));
  return {.image = std::move(image), .labels = std::move(labels)};
}

/// `bundle_replacements` of the request.
std::map<std::string, std::string> replacements(const model::RequestFacts& facts) {
  std::map<std::string, std::string> pairs;
  if (!facts.bundle_replacements) return pairs;
  const auto document = io::parse_json(*facts.bundle_replacements, {.name = "bundle_replacements"});
  for (const auto& [old, now] : document.GetObject()) {
    pairs.emplace(old.GetString(), now.GetString());
  }
  return pairs;
}

void log_changes(const Log& log, const std::vector<bundle::Change>& changes) {
  constexpr std::size_t kMostLines = 500;  // a log that is read by people
  for (std::size_t i = 0; i < std::min(changes.size(), kMostLines); ++i) {
    const auto& change = changes[i];
    log.info("{} {}: {} -> {} ({})", change.file, change.place, change.old.value_or("nothing"),
             change.now, change.why);
  }
  if (changes.size() > kMostLines) log.info("and {} more changes", changes.size() - kMostLines);
  if (changes.empty()) log.info("nothing is to be changed in the files of the bundle");
}

/// Regenerates the files that were unpacked below `root`; gives the labels of the new image.
bundle::Labels regenerate(const Context& context, const Source& source, const fs::path& root,
                          const BundleDirectories& directories) {
  const auto& settings = context.settings();
  const auto& organization = context.facts().organization;
  if (organization && !settings.organizations.contains(*organization)) {
    context.log().warning(
        "iib_organization_customizations has no organization '{}': the bundle is regenerated "
        "without customizations",
        *organization);
  }
  const auto files = bundle::read_bundle(root / directories.manifests, root / directories.metadata);
  BundleLookup lookup{context};
  const auto regenerated =
      bundle::regenerate(files,
                         {.customizing = bundle::choose_customizing(
                              settings.organizations, settings.regenerate_rules, organization),
                          .bundle_labels = source.labels,
                          .bundle_replacements = replacements(context.facts())},
                         lookup, context.cancellation());
  log_changes(context.log(), regenerated.changes);
  bundle::write_files(regenerated.files, root / directories.manifests, root / directories.metadata);
  if (regenerated.related_bundles) {
    keep_bundle_list(context, io::ArtifactKind::related_bundles, *regenerated.related_bundles);
  }
  return regenerated.labels;
}

}  // namespace

Outcome run_regenerate_bundle(Context& context) {
  const auto source = resolve(context);
  const auto& given = *context.facts().from_bundle_image;
  const auto directories =
      about("from_bundle_image", given, [&] { return BundleDirectories::of(source.labels); });
  const auto root = context.make_directory("bundle");
  about("from_bundle_image", given, [&] {
    context.images().extract(source.image.speaker, directories.paths(), root, context.access());
  });
  auto labels = regenerate(context, source, root, directories);

  const auto output = output_pull_spec(context);
  const auto architectures = source.image.architectures();
  const auto images =
      build_images(context, {.files = layer_files(root, directories), .labels = std::move(labels)},
                   output_targets(source.image.images, architectures, output), context.access());
  static_cast<void>(push_manifest_list(context, output, images));

  model::Learned learned;
  learned.arches.assign(architectures.begin(), architectures.end());
  learned.facts.bundle_image = reported_pull_spec(context, output);
  return {.reason = "The regenerated bundle image was pushed", .learned = std::move(learned)};
}

}  // namespace iib::task
