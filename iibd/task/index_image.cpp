#include "index_image.hpp"

#include "file_based_image.hpp"
#include "iib/base/error.hpp"
#include "output_image.hpp"
#include "overwriting.hpp"
#include "subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace iib::task {
namespace {

constexpr auto kDatabasePath = "/database/index.db";

IndexImages database_images(const Preparation& preparation, const catalog::Catalog& catalog,
                            const std::map<std::string, std::string>& more_labels) {
  image::ImageContent content;
  content.files = {{.source = catalog.path, .target = kDatabasePath, .mode = 0644}};
  content.labels = index_labels(preparation.delivery, kDatabaseLabel, kDatabasePath, more_labels);
  content.exposed_ports = {"50051/tcp"};
  if (!preparation.binary_image.is_scratch()) {
    content.entrypoint = {"/bin/opm"};
    content.command = {"registry", "serve", "--database", kDatabasePath};
  }
  return {std::move(content), preparation.binary_image.images};
}

IndexImages index_images(const Context& context, const Preparation& preparation,
                         const catalog::Catalog& catalog, const PublishOptions& options) {
  switch (catalog.kind) {
    case catalog::CatalogKind::sqlite:
      return database_images(preparation, catalog, options.labels);
    case catalog::CatalogKind::file_based:
      break;
  }
  return file_based_images(context, preparation, catalog, options.from, options.labels);
}

void verify_from_index(const Context& context, const Preparation& preparation) {
  const auto type = context.job().request.type;
  const bool looks_again = type == model::RequestType::add || type == model::RequestType::rm;
  if (!looks_again || !preparation.from_index) return;
  if (context.settings().verify != VerifyFromIndex::always) return;
  require_unchanged(context, preparation);
}

/// Images that were pushed, and what they were made of.
struct PushedIndex {
  std::vector<image::PushedImage> images;
  IndexImages made;
};

PushedIndex push_images(const Context& context, const Preparation& preparation,
                        const catalog::Catalog& catalog, const PublishOptions& options,
                        const std::string& output) {
  const auto push = [&](const IndexImages& made) {
    auto targets = output_targets(made.bases, preparation.architectures, output);
    for (auto& target : targets) {
      const auto stacked = made.stacked.find(target.architecture);
      if (stacked != made.stacked.end()) target.stacked = stacked->second;
    }
    return build_images(context, made.content, targets, context.own_access());
  };
  auto made = index_images(context, preparation, catalog, options);
  try {
    auto images = push(made);
    return {std::move(images), std::move(made)};
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    if (!made.on_from_index) throw;
    // Such as of buildah 1.28, for an image whose history does not tell of all its layers, or of
    // our engine, for one whose config is odd: the binary image alone may do.
    context.log().warning("{}; building on the binary image instead of from_index", error.what());
  }
  made = index_images(context, preparation, catalog, {.labels = options.labels});
  auto images = push(made);
  return {std::move(images), std::move(made)};
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

ReadIndex read_from_index(const Context& context, const Preparation& preparation) {
  return read_catalog(context,
                      {.role = context.base_index_parameter(),
                       .given = context.base_index().value(),
                       .image = preparation.from_index.value(),
                       .labels = preparation.from_index_labels},
                      "from-index");
}

void require_file_based(const Context& context, const Preparation& preparation) {
  if (is_file_based(preparation.from_index_labels)) return;
  throw UserError{
      fmt::format("{} {} holds no file-based catalog (its label {} names none): requests of the "
                  "type {} are for "
                  "those only; create-empty-index with output_fbc true begins one",
                  context.base_index_parameter(), *context.base_index(), kConfigsLabel,
                  model::to_string(context.job().request.type))};
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
                       const catalog::Catalog& catalog, const PublishOptions& options) {
  const auto output = output_pull_spec(context);
  auto [images, made] = push_images(context, preparation, catalog, options, output);
  verify_from_index(context, preparation);
  const auto resolved = push_manifest_list(context, output, images).text();
  push_build_tags(context, images);
  keep_catalogs(context, preparation, std::move(made), images);

  model::Learned learned;
  learned.arches.assign(preparation.architectures.begin(), preparation.architectures.end());
  learned.facts.index_image = reported_pull_spec(context, output);
  learned.facts.index_image_resolved = reported_pull_spec(context, resolved);
  learned.facts.internal_index_image_copy = output;
  learned.facts.internal_index_image_copy_resolved = resolved;
  return learned;
}

}  // namespace iib::task
