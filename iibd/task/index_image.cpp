#include "index_image.hpp"

#include "iib/base/error.hpp"
#include "subject.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace iib::task {
namespace {

constexpr auto kDatabaseLabel = "operators.operatorframework.io.index.database.v1";
constexpr auto kConfigsLabel = "operators.operatorframework.io.index.configs.v1";
constexpr auto kVersionLabel = "com.redhat.index.delivery.version";
constexpr auto kDatabasePath = "/database/index.db";

void replace_first(std::string& text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), with);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::string output_pull_spec(const Context& context) {
  std::string text = context.settings().push_template;
  replace_all(text, "{registry}", context.settings().registry);
  replace_all(text, "{request_id}", std::to_string(context.job().request.id.value()));
  return text;
}

std::string reported_pull_spec(const Context& context, std::string pushed) {
  const auto& settings = context.settings();
  if (!settings.output_registry.empty()) {
    replace_first(pushed, settings.registry, settings.output_registry);
  }
  return pushed;
}

image::ImageContent index_content(const catalog::Catalog& catalog) {
  return image::ImageContent{
      .files = {{.source = catalog.path, .target = kDatabasePath, .mode = 0644}},
      .labels = {{kDatabaseLabel, kDatabasePath}},
      .entrypoint = {"/bin/opm"},
      .command = {"registry", "serve", "--database", kDatabasePath},
      .exposed_ports = {"50051/tcp"}};
}

std::vector<image::Target> targets(const Preparation& preparation, const std::string& output) {
  std::vector<image::Target> all;
  for (const auto& architecture : preparation.architectures) {
    all.push_back(
        {.architecture = architecture,
         .base = preparation.binary_image.images.at(architecture),
         .destination = model::ImageReference::parse(fmt::format("{}-{}", output, architecture))});
  }
  return all;
}

void verify_from_index(const Context& context, const Preparation& preparation) {
  if (!preparation.from_index || context.settings().verify != VerifyFromIndex::always) return;
  const auto& given = *context.facts().from_index;
  const auto reference = model::ImageReference::parse(given);
  if (reference.digest()) return;  // what is given by digest cannot change
  const auto now = reference.at(context.images().manifest(reference, context.access()).digest);
  if (now.text() == preparation.from_index->pinned.text()) return;
  throw UserError{
      fmt::format("from_index {} changed during the build (it was {}, now it is {}): submit the "
                  "request again to build on the new one",
                  given, preparation.from_index->pinned.text(), now.text())};
}

}  // namespace

catalog::Catalog read_catalog(const Context& context, const ResolvedImage& index) {
  const auto& given = context.facts().from_index.value();
  const auto labels = about("from_index", given, [&] {
    return context.images().config(index.speaker, context.access()).labels;
  });
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
  const auto version = labels.find(kVersionLabel);
  return {.kind = catalog::CatalogKind::sqlite,
          .path = root / relative,
          .ocp_version = version == labels.end() ? std::string{} : version->second};
}

model::Learned publish(Context& context, const Preparation& preparation,
                       const catalog::Catalog& catalog) {
  const auto output = output_pull_spec(context);
  const auto images = context.images().build_and_push(
      index_content(catalog), targets(preparation, output), context.access());
  verify_from_index(context, preparation);
  context.enter_state("Creating the manifest list");
  context.progress().confirm_claim();
  const auto destination = model::ImageReference::parse(output);
  const auto digest = context.images().push_list(destination, images, context.access());

  model::Learned learned;
  learned.arches.assign(preparation.architectures.begin(), preparation.architectures.end());
  learned.facts.index_image = reported_pull_spec(context, output);
  learned.facts.index_image_resolved = reported_pull_spec(context, destination.at(digest).text());
  learned.facts.internal_index_image_copy = output;
  learned.facts.internal_index_image_copy_resolved = destination.at(digest).text();
  return learned;
}

}  // namespace iib::task
