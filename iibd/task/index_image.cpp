#include "index_image.hpp"

#include "iib/base/error.hpp"
#include "output_image.hpp"
#include "overwriting.hpp"
#include "subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace iib::task {
namespace {

constexpr auto kDatabaseLabel = "operators.operatorframework.io.index.database.v1";
constexpr auto kConfigsLabel = "operators.operatorframework.io.index.configs.v1";
constexpr auto kDatabasePath = "/database/index.db";

image::ImageContent index_content(const catalog::Catalog& catalog, const Delivery& delivery) {
  auto labels = delivery_labels(delivery);
  labels.emplace(kDatabaseLabel, kDatabasePath);
  return image::ImageContent{
      .files = {{.source = catalog.path, .target = kDatabasePath, .mode = 0644}},
      .labels = std::move(labels),
      .entrypoint = {"/bin/opm"},
      .command = {"registry", "serve", "--database", kDatabasePath},
      .exposed_ports = {"50051/tcp"}};
}

void verify_from_index(const Context& context, const Preparation& preparation) {
  if (!preparation.from_index || context.settings().verify != VerifyFromIndex::always) return;
  require_unchanged(context, preparation);
}

/// The same list under each build tag.
void push_build_tags(const Context& context, std::span<const image::PushedImage> images) {
  for (const auto& tag : context.facts().build_tags) {
    const auto destination = model::ImageReference::parse(tagged_pull_spec(context, tag));
    const auto digest = context.images().push_list(destination, images, context.own_access());
    context.log().info("pushed {} as {}", destination.text(), digest.text());
  }
}

}  // namespace

void require_build_tags(const Context& context) {
  for (const auto& tag : context.facts().build_tags) {
    const auto is_digit = [](char byte) { return byte >= '0' && byte <= '9'; };
    const auto pull_spec = tagged_pull_spec(context, tag);
    const auto last = std::ranges::find_if_not(tag, is_digit);
    // `7` and `7-amd64` are names of what request 7 makes.
    if (last != tag.begin() && (last == tag.end() || *last == '-')) {
      throw UserError{fmt::format(
          "build_tags holds '{}', which may be the result of another request: begin the tag with "
          "a letter",
          tag)};
    }
    about("build_tags", tag, [&] { return model::ImageReference::parse(pull_spec); });
  }
}

catalog::Catalog read_catalog(const Context& context, const Preparation& preparation) {
  const auto& given = context.facts().from_index.value();
  const auto& index = preparation.from_index.value();
  const auto& labels = preparation.from_index_labels;
  const auto& name = index.pinned.text();
  if (labels.contains(kConfigsLabel)) {
    throw UserError{fmt::format(
        "index image {} holds a file-based catalog, which this release cannot change yet", name)};
  }
  const auto label = labels.find(kDatabaseLabel);
  if (label == labels.end()) {
    throw UserError{fmt::format("index image {} misses the label {}: it is no index image", name,
                                kDatabaseLabel)};
  }
  const auto relative = std::filesystem::path{label->second}.relative_path().lexically_normal();
  const auto root = context.make_directory("from-index");
  const std::vector<std::string> wanted{relative.string()};
  about("from_index", given,
        [&] { context.images().extract(index.speaker, wanted, root, context.access()); });
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(root / relative))) {
    throw UserError{fmt::format("index image {} has no file {}, which its label {} names", name,
                                label->second, kDatabaseLabel)};
  }
  const bool has_version = labels.contains(kVersionLabel);
  return {.kind = catalog::CatalogKind::sqlite,
          .path = root / relative,
          .ocp_version = has_version ? preparation.delivery.version : std::string{}};
}

std::map<std::string, std::string> pull_specs_by_digest(const Context& context,
                                                        const catalog::Catalog& catalog,
                                                        std::string_view step) {
  std::map<std::string, std::string> found;
  for (const auto& listed : context.catalogs().list(catalog, context.catalog_work(step))) {
    const auto at = listed.pull_spec.find('@');
    if (at != std::string::npos) found[listed.pull_spec.substr(at + 1)] = listed.pull_spec;
  }
  return found;
}

model::Learned publish(Context& context, const Preparation& preparation,
                       const catalog::Catalog& catalog) {
  const auto output = output_pull_spec(context);
  const auto images = context.images().build_and_push(
      index_content(catalog, preparation.delivery),
      output_targets(preparation.binary_image.images, preparation.architectures, output),
      context.own_access());
  verify_from_index(context, preparation);
  const auto resolved = push_manifest_list(context, output, images).text();
  push_build_tags(context, images);

  model::Learned learned;
  learned.arches.assign(preparation.architectures.begin(), preparation.architectures.end());
  learned.facts.index_image = reported_pull_spec(context, output);
  learned.facts.index_image_resolved = reported_pull_spec(context, resolved);
  learned.facts.internal_index_image_copy = output;
  learned.facts.internal_index_image_copy_resolved = resolved;
  return learned;
}

}  // namespace iib::task
