#include "prepare.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace iib::task {
namespace {

constexpr auto kPackageLabel = "operators.operatorframework.io.bundle.package.v1";

std::set<std::string> choose_architectures(const Context& context,
                                           const std::optional<ResolvedImage>& from_index) {
  std::set<std::string> chosen = from_index ? from_index->architectures() : std::set<std::string>{};
  const auto& added = context.job().arguments.add_arches;
  chosen.insert(added.begin(), added.end());
  if (chosen.empty()) {
    throw UserError{"there is no architecture to build for: give from_index or add_arches"};
  }
  return chosen;
}

void require_architectures(const ResolvedImage& binary_image, const std::string& given,
                           const std::set<std::string>& wanted) {
  const auto available = binary_image.architectures();
  std::vector<std::string> missing;
  std::ranges::set_difference(wanted, available, std::back_inserter(missing));
  if (missing.empty()) return;
  throw UserError{fmt::format("binary_image {} has no image for {}; it has {}", given,
                              fmt::join(missing, ", "), fmt::join(available, ", "))};
}

std::map<std::string, std::vector<std::string>> map_bundles(
    std::span<const ResolvedBundle> bundles) {
  std::map<std::string, std::vector<std::string>> mapping;
  for (const auto& bundle : bundles) {
    const auto package = bundle.labels.find(kPackageLabel);
    if (package != bundle.labels.end()) mapping[package->second].push_back(bundle.given);
  }
  return mapping;
}

}  // namespace

Preparation prepare(Context& context, std::span<const ResolvedBundle> bundles) {
  context.enter_state("Resolving the images");
  const auto& facts = context.facts();
  std::optional<ResolvedImage> from_index;
  if (facts.from_index) from_index = resolve_image(context, *facts.from_index, "from_index");
  const auto architectures = choose_architectures(context, from_index);
  const auto& binary = facts.binary_image.value();  // unsupported.cpp refused its absence
  auto binary_image = resolve_image(context, binary, "binary_image");
  require_architectures(binary_image, binary, architectures);

  model::Learned learned;
  learned.facts.binary_image_resolved = binary_image.pinned.text();
  if (from_index) learned.facts.from_index_resolved = from_index->pinned.text();
  learned.facts.bundle_mapping = map_bundles(bundles);
  context.enter_state(fmt::format("Building the index image for the architectures: {}",
                                  fmt::join(architectures, ", ")),
                      std::move(learned));
  return Preparation{.binary_image = std::move(binary_image),
                     .from_index = std::move(from_index),
                     .architectures = architectures};
}

}  // namespace iib::task
