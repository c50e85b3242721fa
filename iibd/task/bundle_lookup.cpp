#include "bundle_lookup.hpp"

#include "iib/base/error.hpp"
#include "iib/base/parallel.hpp"
#include "iib/base/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace iib::task {
namespace {

/// Of one request at a time; a registry answers more slowly when it is asked for more.
constexpr std::size_t kAtOnce = 8;

/// Far more than any operator has; a bundle with more is made to keep us busy.
constexpr std::size_t kMostImages = 2000;

/// Turns what is wrong with the image into what is wrong with the bundle. A failure that may pass
/// stays what it is: the bundle is not to blame.
template <class Ask>
auto about_image(const std::string& pull_spec, const Cancellation& cancellation, Ask ask) {
  const auto refuse = [&](const Error& error) {
    return bundle::Unresolvable{
        pull_spec, fmt::format("image {} must exist and be accessible to this service: {}",
                               pull_spec, error.what())};
  };
  try {
    return std::invoke(ask);
  } catch (const bundle::Unresolvable&) {
    throw;
  } catch (const UserError& error) {
    throw refuse(error);
  } catch (const ExternalError& error) {
    cancellation.check("looking up an image");
    if (error.worth_retrying()) throw;
    throw refuse(error);
  }
}

/// Which image speaks for all of a list: amd64 if it is there, else the first (pipeline 3.4).
std::optional<model::ImageReference> speaker_of(const model::ImageReference& reference,
                                                const image::Manifest& manifest) {
  if (manifest.kind == image::ManifestKind::image) return reference.at(manifest.digest);
  if (manifest.entries.empty()) return std::nullopt;
  const auto amd64 = std::ranges::find(manifest.entries, "amd64", &image::ListEntry::architecture);
  return reference.at((amd64 == manifest.entries.end() ? manifest.entries.begin() : amd64)->digest);
}

}  // namespace

model::ImageReference bundle_reference(std::string_view pull_spec) {
  const auto slash = pull_spec.find('/');
  const auto first = pull_spec.substr(0, slash);
  const bool has_registry =
      slash != std::string_view::npos &&
      (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  const auto* const prefix = has_registry                      ? ""
                             : slash == std::string_view::npos ? "docker.io/library/"
                                                               : "docker.io/";
  auto reference = model::ImageReference::parse(fmt::format("{}{}", prefix, pull_spec));
  return reference.digest() ? reference.at(*reference.digest()) : reference;
}

BundleLookup::BundleLookup(const Context& context)
    : context_{context},
      guard_{context.settings()},
      cache_{context.lookups().of_batch(context.job().request.batch)} {
  const auto& auths = context.job().secrets.registry_auths;
  if (auths) credentials_ = sha256_hex(auths->reveal());
}

std::vector<std::string> BundleLookup::digests(std::span<const std::string> pull_specs) {
  check(pull_specs);
  std::vector<std::string> digests(pull_specs.size());
  in_parallel(pull_specs.size(), kAtOnce,
              [&](std::size_t i) { digests[i] = find(pull_specs[i]).digest.text(); });
  return digests;
}

std::vector<bundle::Labels> BundleLookup::labels(std::span<const std::string> pull_specs) {
  check(pull_specs);
  std::vector<bundle::Labels> labels(pull_specs.size());
  in_parallel(pull_specs.size(), kAtOnce,
              [&](std::size_t i) { labels[i] = find_labels(pull_specs[i]); });
  return labels;
}

void BundleLookup::check(std::span<const std::string> pull_specs) const {
  if (pull_specs.size() > kMostImages) {
    throw bundle::Refusal{
        bundle::RefusalCode::malformed_csv,
        fmt::format("the bundle names {} images, more than the {} that this service looks up for "
                    "one bundle",
                    pull_specs.size(), kMostImages)};
  }
  for (const auto& pull_spec : pull_specs) {
    about_image(pull_spec, context_.cancellation(),
                [&] { guard_.check_name(bundle_reference(pull_spec).registry()); });
  }
}

FoundImage BundleLookup::find(const std::string& pull_spec) {
  const auto& cancellation = context_.cancellation();
  cancellation.check("looking up images");
  return cache_->images.find(fmt::format("{} {}", credentials_, pull_spec), cancellation, [&] {
    return about_image(pull_spec, cancellation, [&] {
      const auto reference = bundle_reference(pull_spec);
      guard_.check_address(reference.registry(), cancellation);
      const auto manifest = context_.images().manifest(reference, context_.access());
      return FoundImage{.digest = manifest.digest, .speaker = speaker_of(reference, manifest)};
    });
  });
}

bundle::Labels BundleLookup::find_labels(const std::string& pull_spec) {
  const auto found = find(pull_spec);
  const auto& cancellation = context_.cancellation();
  return about_image(pull_spec, cancellation, [&] {
    if (!found.speaker) throw UserError{"it is a manifest list without any linux image"};
    const auto key = fmt::format("{} {}", credentials_, found.speaker->text());
    return cache_->labels
        .find(key, cancellation,
              [&] {
                return FoundLabels{
                    context_.images().config(*found.speaker, context_.access()).labels};
              })
        .labels;
  });
}

}  // namespace iib::task
