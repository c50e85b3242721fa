#include "bundle_directories.hpp"
#include "bundle_list.hpp"
#include "bundle_lookup.hpp"
#include "iib/bundle/bundle_files.hpp"
#include "iib/bundle/regenerate.hpp"
#include "nesting.hpp"
#include "resolve.hpp"
#include "steps.hpp"
#include "subject.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace iib::task {
namespace {

/// The customizations that come before the search; none without an organization (pipeline 6.7).
std::optional<bundle::Customizing> customizing(const Context& context) {
  const auto& organization = context.facts().organization;
  if (!organization) return std::nullopt;
  const auto& settings = context.settings();
  if (!settings.organizations.contains(*organization)) {
    context.log().warning(
        "iib_organization_customizations has no organization '{}': the usual customizations apply",
        *organization);
  }
  return bundle::choose_customizing(settings.organizations, settings.regenerate_rules,
                                    organization);
}

/// Finds the bundles that bundles name.
class Finder {
 public:
  explicit Finder(const Context& context)
      : context_{context}, customizing_{customizing(context)}, lookup_{context} {}

  std::vector<NamedBundle> children_of(const NamedBundle& parent) {
    const auto image = resolve(parent.pull_spec);
    std::vector<NamedBundle> children;
    for (const auto& pull_spec : about("bundle", parent.pull_spec, [&] { return names(image); })) {
      children.push_back(
          {.pull_spec = pull_spec, .identity = resolve(pull_spec).pinned.digest().value().text()});
    }
    context_.log().info("{} names {} bundles: {}", parent.pull_spec, children.size(),
                        fmt::join(texts(children), ", "));
    return children;
  }

 private:
  [[nodiscard]] ResolvedImage resolve(const std::string& pull_spec) const {
    return resolve_image(context_, bundle_reference(pull_spec).text(), "bundle");
  }

  /// What the bundle `image` names.
  std::vector<std::string> names(const ResolvedImage& image) {
    const auto labels = context_.images().config(image.speaker, context_.access()).labels;
    const auto directories = BundleDirectories::of(labels);
    const auto root = context_.make_directory(fmt::format("bundle-{}", ++read_));
    context_.images().extract(image.speaker, directories.paths(), root, context_.access());
    const auto files =
        bundle::read_bundle(root / directories.manifests, root / directories.metadata);
    return bundle::nested_bundles(files, customizing_, labels, lookup_, context_.cancellation());
  }

  static std::vector<std::string> texts(const std::vector<NamedBundle>& bundles) {
    std::vector<std::string> texts;
    for (const auto& bundle : bundles) texts.push_back(bundle.pull_spec);
    return texts;
  }

  const Context& context_;
  std::optional<bundle::Customizing> customizing_;
  BundleLookup lookup_;
  std::size_t read_ = 0;
};

NamedBundle resolve_parent(Context& context) {
  context.enter_state("Resolving the parent bundle image");
  const auto& given = context.facts().parent_bundle_image.value();  // the API requires it
  const auto image = resolve_image(context, given, "parent_bundle_image");
  model::Learned learned;
  learned.facts.parent_bundle_image_resolved = image.pinned.text();
  context.enter_state(fmt::format("Finding the bundles that {} is made of", given),
                      std::move(learned));
  return {.pull_spec = image.pinned.text(), .identity = image.pinned.digest().value().text()};
}

}  // namespace

Outcome run_recursive_related_bundles(Context& context) {
  const auto parent = resolve_parent(context);
  Finder finder{context};
  const auto bundles =
      deepest_first(parent, context.settings().most_nested_bundles,
                    [&](const NamedBundle& bundle) { return finder.children_of(bundle); });
  context.enter_state("Writing the list of nested bundles");
  keep_bundle_list(context, io::ArtifactKind::nested_bundles, bundles);
  return {.reason = fmt::format("{} bundles were found below the parent bundle image",
                                bundles.size() - 1),
          .learned = {}};
}

}  // namespace iib::task
