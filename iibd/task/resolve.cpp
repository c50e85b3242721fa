#include "resolve.hpp"

#include "iib/base/error.hpp"
#include "subject.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace iib::task {
namespace {

ResolvedImage from_list(const model::ImageReference& reference, const image::Manifest& manifest,
                        std::string_view role) {
  if (manifest.entries.empty()) {
    throw UserError{
        fmt::format("{} {} is a manifest list without any linux image", role, reference.text())};
  }
  ResolvedImage resolved{.pinned = reference.at(manifest.digest),
                         .images = {},
                         .speaker = reference.at(manifest.entries.front().digest)};
  for (const auto& entry : manifest.entries) {
    resolved.images.try_emplace(entry.architecture, reference.at(entry.digest));
  }
  const auto amd64 = resolved.images.find("amd64");
  if (amd64 != resolved.images.end()) resolved.speaker = amd64->second;
  return resolved;
}

}  // namespace

std::set<std::string> ResolvedImage::architectures() const {
  std::set<std::string> names;
  for (const auto& [architecture, image] : images) names.insert(architecture);
  return names;
}

ResolvedImage resolve_image(const Context& context, const std::string& pull_spec,
                            std::string_view role) {
  const auto reference =
      about(role, pull_spec, [&] { return model::ImageReference::parse(pull_spec); });
  const auto manifest = about(
      role, pull_spec, [&] { return context.images().manifest(reference, context.access()); });
  context.log().event("{role} {given} is {resolved}, {media_type}",
                      {{"role", role},
                       {"given", pull_spec},
                       {"resolved", reference.at(manifest.digest).text()},
                       {"media_type", manifest.media_type}});
  switch (manifest.kind) {
    case image::ManifestKind::list:
      return from_list(reference, manifest, role);
    case image::ManifestKind::image:
      break;
  }
  const auto pinned = reference.at(manifest.digest);
  const auto config =
      about(role, pull_spec, [&] { return context.images().config(pinned, context.access()); });
  return ResolvedImage{
      .pinned = pinned, .images = {{config.architecture, pinned}}, .speaker = pinned};
}

model::ImageReference pin_bundle(const Context& context, const std::string& given,
                                 std::string_view role) {
  const auto reference = about(role, given, [&] { return model::ImageReference::parse(given); });
  const auto manifest =
      about(role, given, [&] { return context.images().manifest(reference, context.access()); });
  switch (manifest.kind) {
    case image::ManifestKind::image:
      return reference.at(manifest.digest);
    case image::ManifestKind::list:
      break;
  }
  if (manifest.entries.empty()) {
    throw UserError{fmt::format("{} {} is a manifest list without any linux image", role, given)};
  }
  // Whatever its architecture: what a bundle holds is the same for all.
  return reference.at(manifest.entries.front().digest);
}

std::vector<ResolvedBundle> resolve_bundles(const Context& context,
                                            const std::vector<std::string>& given,
                                            std::string_view role) {
  std::vector<ResolvedBundle> bundles;
  for (const auto& pull_spec : given) {
    auto pinned = pin_bundle(context, pull_spec, role);
    const bool seen = std::ranges::any_of(
        bundles, [&](const auto& earlier) { return earlier.pinned.text() == pinned.text(); });
    context.log().event("{role} {given} is {resolved}{repeated}",
                        {{"role", role},
                         {"given", pull_spec},
                         {"resolved", pinned.text()},
                         {"repeated", std::string_view{seen ? ", which was named before" : ""}}});
    if (seen) continue;
    auto labels = about(role, pull_spec,
                        [&] { return context.images().config(pinned, context.access()).labels; });
    bundles.push_back(
        {.given = pull_spec, .pinned = std::move(pinned), .labels = std::move(labels)});
  }
  return bundles;
}

}  // namespace iib::task
