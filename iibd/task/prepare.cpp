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

/// An index of the request, and what its labels say.
struct Index {
  std::optional<ResolvedImage> image;
  std::map<std::string, std::string> labels;
  Delivery delivery;
};

std::set<std::string> choose_architectures(const Context& context, const Index& base,
                                           const Index& source) {
  const auto& added = context.job().arguments.add_arches;
  std::set<std::string> chosen{added.begin(), added.end()};
  for (const auto* index : {&base, &source}) {
    if (index->image) chosen.merge(index->image->architectures());
  }
  if (chosen.empty()) {
    throw UserError{"there is no architecture to build for: give from_index or add_arches"};
  }
  return chosen;
}

/// The first of `names`, which an image of others may have thousands of.
std::string some_of(const std::set<std::string>& names) {
  constexpr std::size_t kShown = 20;
  if (names.size() <= kShown) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more",
                     fmt::join(names.begin(), std::next(names.begin(), kShown), ", "),
                     names.size() - kShown);
}

void require_architectures(const ResolvedImage& binary_image, const std::string& given,
                           const std::set<std::string>& wanted) {
  const auto available = binary_image.architectures();
  std::vector<std::string> missing;
  std::ranges::set_difference(wanted, available, std::back_inserter(missing));
  if (missing.empty()) return;
  throw UserError{fmt::format("binary_image {} has no image for {}; it has {}", given,
                              fmt::join(missing, ", "), some_of(available))};
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

Index resolve_index(const Context& context, const std::optional<std::string>& given,
                    std::string_view parameter) {
  Index index;
  if (!given) return index;
  index.image = resolve_image(context, *given, parameter);
  index.labels = about(parameter, *given, [&] {
    return context.images().config(index.image->speaker, context.access()).labels;
  });
  index.delivery = delivery_of(index.labels, *given);
  return index;
}

/// The base index; a merge into none is delivered as v4.6 (pipeline 5.2).
Index resolve_base_index(const Context& context) {
  auto base = resolve_index(context, context.base_index(), context.base_index_parameter());
  if (!base.image && context.facts().source_from_index) base.delivery.version = "v4.6";
  return base;
}

/// What the request's document tells of the indexes.
void note_indexes(const Index& base, const Index& source, model::RequestFacts& facts) {
  if (source.image) {
    facts.source_from_index_resolved = source.image->pinned.text();
    if (base.image) facts.target_index_resolved = base.image->pinned.text();
  } else if (base.image) {
    facts.from_index_resolved = base.image->pinned.text();
  }
}

/// The binary image, and what it is built for.
struct Base {
  BinaryImage binary_image;
  std::string resolved;
  std::set<std::string> architectures;
};

Base resolve_base(const Context& context, const std::string& binary, const Index& base,
                  const Index& source) {
  // What starts nothing is the same everywhere, and one image is enough (pipeline 5.4).
  if (binary == kScratch) return {{}, binary, {"amd64"}};
  auto architectures = choose_architectures(context, base, source);
  auto resolved = resolve_image(context, binary, "binary_image");
  require_architectures(resolved, binary, architectures);
  return {{std::move(resolved.images)}, resolved.pinned.text(), std::move(architectures)};
}

}  // namespace

Preparation prepare(Context& context, std::span<const ResolvedBundle> bundles,
                    model::Learned learned) {
  context.enter_state("Resolving the images");
  auto from = resolve_base_index(context);
  auto source = resolve_index(context, context.facts().source_from_index, "source_from_index");
  from.delivery.scope = choose_scope(from.delivery.scope, context.facts().distribution_scope);
  const auto binary = choose_binary_image(context.settings().binary_images,
                                          context.facts().binary_image, from.delivery);
  auto base = resolve_base(context, binary, from, source);

  learned.facts.binary_image = binary;
  learned.facts.binary_image_resolved = base.resolved;
  learned.facts.distribution_scope = std::string{to_string(from.delivery.scope)};
  note_indexes(from, source, learned.facts);
  learned.facts.bundle_mapping = map_bundles(bundles);
  context.enter_state(fmt::format("Building the index image for the architectures: {}",
                                  fmt::join(base.architectures, ", ")),
                      std::move(learned));
  return Preparation{.binary_image = std::move(base.binary_image),
                     .from_index = std::move(from.image),
                     .from_index_labels = std::move(from.labels),
                     .source_index = std::move(source.image),
                     .source_index_labels = std::move(source.labels),
                     .delivery = std::move(from.delivery),
                     .architectures = std::move(base.architectures)};
}

}  // namespace iib::task
