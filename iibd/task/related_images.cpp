#include "related_images.hpp"

#include "bundle_directories.hpp"
#include "bundle_lookup.hpp"
#include "iib/base/error.hpp"
#include "iib/base/guarded.hpp"
#include "iib/base/parallel.hpp"
#include "iib/bundle/image_name.hpp"
#include "iib/bundle/inspection.hpp"
#include "subject.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace iib::task {
namespace {

constexpr std::size_t kAtOnce = 8;
constexpr std::size_t kMostTold = 50;  // a reason is read by people

/// Whether images cannot be told from a manifest with this problem; the others are of no concern
/// here.
bool hides_images(const bundle::Problem& problem) {
  constexpr std::array<std::string_view, 3> kCodes{"invalid_yaml", "malformed_csv",
                                                   "related_image_env_value_from"};
  return std::ranges::find(kCodes, problem.code) != kCodes.end();
}

/// Puts the images that `bundle` names into `images`, printed in full.
void find_images(const Context& context, const ResolvedBundle& bundle,
                 const std::filesystem::path& root, std::set<std::string>& images) {
  const auto directories = BundleDirectories::of(bundle.labels);
  context.images().extract(bundle.pinned, directories.paths(), root, context.access());
  const auto inspection = bundle::inspect(
      bundle::read_bundle(root / directories.manifests, root / directories.metadata));
  for (const auto& problem : inspection.problems) {
    if (hides_images(problem)) throw UserError{problem.reason};
  }
  for (const auto& found : inspection.images) {
    images.insert(bundle::ImageName::parse(found.image).text());
  }
}

/// `pull_spec` at the registry where the user's images lie by now.
std::string replaced(const std::string& pull_spec,
                     const std::map<std::string, std::string>& registries) {
  const auto slash = pull_spec.find('/');
  const auto found = registries.find(pull_spec.substr(0, slash));
  if (slash == std::string::npos || found == registries.end()) return pull_spec;
  return found->second + pull_spec.substr(slash);
}

std::map<std::string, std::string> registries_of_user(const Context& context) {
  const auto& all = context.settings().related_image_registries;
  const auto found = all.find(context.job().request.user.value_or(""));
  return found == all.end() ? std::map<std::string, std::string>{} : found->second;
}

/// Why each of `images` cannot be read; nothing for those that can.
std::vector<std::string> unreadable(const Context& context,
                                    const std::vector<std::string>& images) {
  BundleLookup lookup{context};
  Guarded<std::map<std::string, std::string>> problems;
  in_parallel(images.size(), kAtOnce, [&](std::size_t i) {
    try {
      static_cast<void>(lookup.digests(std::span{&images[i], 1}));
    } catch (const UserError& error) {
      problems.with([&](auto& all) { all[images[i]] = error.what(); });
    }
  });
  std::vector<std::string> told;
  problems.with([&](const auto& all) {
    for (const auto& [image, problem] : all) told.push_back(problem);
  });
  return told;
}

}  // namespace

void require_related_images(const Context& context, std::span<const ResolvedBundle> bundles) {
  if (!context.facts().check_related_images.value_or(false)) return;
  std::set<std::string> named;
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    const auto root = context.make_directory(fmt::format("related-{}", i + 1));
    about("bundle", bundles[i].given, [&] { find_images(context, bundles[i], root, named); });
  }
  const auto registries = registries_of_user(context);
  std::set<std::string> wanted;
  for (const auto& image : named) wanted.insert(replaced(image, registries));
  auto problems = unreadable(context, {wanted.begin(), wanted.end()});
  if (problems.empty()) return;
  const auto count = problems.size();
  problems.resize(std::min(count, kMostTold));
  throw UserError{fmt::format(
      "{} of {} related images of the bundles cannot be read: {}{}; push them or correct the "
      "bundles, or leave check_related_images out",
      count, wanted.size(), fmt::join(problems, "; "),
      count > kMostTold ? fmt::format("; and {} more", count - kMostTold) : "")};
}

}  // namespace iib::task
