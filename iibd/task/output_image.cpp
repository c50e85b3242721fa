#include "output_image.hpp"

#include "iib/base/error.hpp"
#include "iib/base/parallel.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <string_view>

namespace iib::task {
namespace {

constexpr auto kArchitectureLabel = "architecture";
constexpr std::size_t kAtOnce = 8;

void replace_first(std::string& text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), with);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

/// The label `architecture` that an image is going to have, and where it comes from.
struct ArchitectureLabel {
  std::string value;
  std::string action;  ///< What cannot be done when it is wrong.
  std::string remedy;
};

std::optional<ArchitectureLabel> architecture_label(const Context& context,
                                                    const image::ImageContent& content,
                                                    const image::Target& target,
                                                    const image::Access& access) {
  const auto set = content.labels.find(kArchitectureLabel);
  if (set != content.labels.end()) {
    return ArchitectureLabel{set->second, "labelled as the request says", "leave the label out"};
  }
  if (!target.base) return std::nullopt;
  const auto labels = context.images().config(*target.base, access).labels;
  const auto inherited = labels.find(kArchitectureLabel);
  if (inherited == labels.end()) return std::nullopt;
  return ArchitectureLabel{inherited->second, "built on " + target.base->text(),
                           "name an image that was built for " + target.architecture};
}

/// Looks at what the image is made of, which is pinned by digest: unlike with the original, which
/// asks for the image that it has built, another try would find the same and none is made.
void require_architecture_label(const Context& context, const image::ImageContent& content,
                                const image::Target& target, const image::Access& access) {
  const auto label = architecture_label(context, content, target, access);
  if (!label) return;
  const auto& known = context.settings().architecture_labels;
  const auto wanted = known.find(target.architecture);
  if (wanted != known.end() && wanted->second == label->value) return;
  throw ExternalError{
      fmt::format("the image {} for {} cannot be {}: its label {} would be '{}', but "
                  "iib_supported_archs {}; {}, or correct that option",
                  target.destination.text(), target.architecture, label->action, kArchitectureLabel,
                  label->value,
                  wanted == known.end()
                      ? fmt::format("does not have {}", target.architecture)
                      : fmt::format("says '{}' for {}", wanted->second, target.architecture),
                  label->remedy),
      ExternalError::Retry::no};
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

std::vector<image::PushedImage> build_images(const Context& context,
                                             const image::ImageContent& content,
                                             std::span<const image::Target> targets,
                                             const image::Access& access) {
  in_parallel(targets.size(), kAtOnce, [&](std::size_t i) {
    require_architecture_label(context, content, targets[i], access);
  });
  return context.images().build_and_push(content, targets, access);
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
