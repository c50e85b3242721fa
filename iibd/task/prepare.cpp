#include "prepare.hpp"

#include "iib/base/error.hpp"
#include "subject.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace iib::task {
namespace {

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

/// The index to build on, and what its labels say.
struct FromIndex {
  std::optional<ResolvedImage> image;
  std::map<std::string, std::string> labels;
  Delivery delivery;
};

FromIndex resolve_from_index(const Context& context) {
  FromIndex from;
  const auto& given = context.facts().from_index;
  if (!given) return from;
  from.image = resolve_image(context, *given, "from_index");
  from.labels = about("from_index", *given, [&] {
    return context.images().config(from.image->speaker, context.access()).labels;
  });
  from.delivery = delivery_of(from.labels, *given);
  return from;
}

/// The base of the new images, as given or configured.
std::string binary_image(const Context& context, const Delivery& delivery) {
  auto given =
      choose_binary_image(context.settings().binary_images, context.facts().binary_image, delivery);
  if (given != "scratch") return given;
  throw UserError{
      "this release cannot build an index image without a binary image: give another binary_image "
      "than scratch"};
}

}  // namespace

Preparation prepare(Context& context, std::span<const ResolvedBundle> bundles) {
  context.enter_state("Resolving the images");
  auto from = resolve_from_index(context);
  from.delivery.scope = choose_scope(from.delivery.scope, context.facts().distribution_scope);
  const auto architectures = choose_architectures(context, from.image);
  const auto binary = binary_image(context, from.delivery);
  auto resolved = resolve_image(context, binary, "binary_image");
  require_architectures(resolved, binary, architectures);

  model::Learned learned;
  learned.facts.binary_image = binary;
  learned.facts.binary_image_resolved = resolved.pinned.text();
  learned.facts.distribution_scope = std::string{to_string(from.delivery.scope)};
  if (from.image) learned.facts.from_index_resolved = from.image->pinned.text();
  learned.facts.bundle_mapping = map_bundles(bundles);
  context.enter_state(fmt::format("Building the index image for the architectures: {}",
                                  fmt::join(architectures, ", ")),
                      std::move(learned));
  return Preparation{.binary_image = std::move(resolved),
                     .from_index = std::move(from.image),
                     .from_index_labels = std::move(from.labels),
                     .delivery = std::move(from.delivery),
                     .architectures = architectures};
}

}  // namespace iib::task
