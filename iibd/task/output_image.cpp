#include "output_image.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <string_view>

namespace iib::task {
namespace {

void replace_first(std::string& text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), with);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

std::string tagged_pull_spec(const Context& context, const std::string& tag) {
  std::string text = context.settings().push_template;
  replace_all(text, "{registry}", context.settings().registry);
  replace_all(text, "{request_id}", tag);
  return text;
}

std::string output_pull_spec(const Context& context) {
  return tagged_pull_spec(context, std::to_string(context.job().request.id.value()));
}

std::string reported_pull_spec(const Context& context, std::string pushed) {
  const auto& settings = context.settings();
  if (!settings.output_registry.empty()) {
    replace_first(pushed, settings.registry, settings.output_registry);
  }
  return pushed;
}

std::vector<image::Target> output_targets(const std::map<std::string, model::ImageReference>& bases,
                                          const std::set<std::string>& architectures,
                                          const std::string& output) {
  std::vector<image::Target> all;
  for (const auto& architecture : architectures) {
    all.push_back(
        {.architecture = architecture,
         .base = bases.empty() ? std::nullopt : std::optional{bases.at(architecture)},
         .destination = model::ImageReference::parse(fmt::format("{}-{}", output, architecture))});
  }
  return all;
}

model::ImageReference push_manifest_list(Context& context, const std::string& output,
                                         std::span<const image::PushedImage> images) {
  // A merge has no such state (pipeline 6.5).
  if (context.job().request.type != model::RequestType::merge_index_image) {
    context.enter_state("Creating the manifest list");
  }
  context.progress().confirm_claim();
  const auto destination = model::ImageReference::parse(output);
  auto pushed =
      destination.at(context.images().push_list(destination, images, context.own_access()));
  context.log().event("pushed {image}, a manifest list of {images} images",
                      {{"image", pushed.text()}, {"images", std::ssize(images)}});
  return pushed;
}

}  // namespace iib::task
