#include "cli/bundle_lookup.hpp"

#include "iib/base/error.hpp"
#include "iib/base/parallel.hpp"
#include "task/bundle_lookup.hpp"

#include <fmt/format.h>

#include <functional>

namespace iib::cli {
namespace {

/// More would not be faster for one registry, and not be fair to it.
constexpr std::size_t kAtOnce = 8;

task::Settings bounds_of(const config::Config& config, const RegistryOptions& registries) {
  task::Settings bounds;
  bounds.registry = config.registry;
  bounds.allowed_registries = config.allowed_registries;
  bounds.insecure_registries = registries.insecure_registries;
  return bounds;
}

/// Runs `ask`. What is wrong with the image is wrong with the bundle that names it; a registry that
/// fails is not.
void about_image(const std::string& pull_spec, const std::function<void()>& ask) {
  const auto refuse = [&](const Error& error) {
    return bundle::Unresolvable{pull_spec, fmt::format("image {} must exist and be accessible: {}",
                                                       pull_spec, error.what())};
  };
  try {
    ask();
  } catch (const UserError& error) {
    throw refuse(error);
  } catch (const ExternalError& error) {
    if (error.worth_retrying()) throw;
    throw refuse(error);
  }
}

}  // namespace

RegistryLookup::RegistryLookup(Workspace& workspace, const config::Config& config,
                               const RegistryOptions& registries)
    : workspace_{workspace}, guard_{bounds_of(config, registries)} {}

std::vector<std::string> RegistryLookup::digests(std::span<const std::string> pull_specs) {
  std::vector<std::string> found(pull_specs.size());
  in_parallel(pull_specs.size(), kAtOnce, [&](std::size_t i) {
    workspace_.console().progress(fmt::format("looking up {}", pull_specs[i]));
    about_image(pull_specs[i], [&] {
      const auto image = allowed(pull_specs[i]);
      found[i] = workspace_.images().manifest(image, workspace_.image_access()).digest.text();
    });
  });
  return found;
}

std::vector<bundle::Labels> RegistryLookup::labels(std::span<const std::string> pull_specs) {
  std::vector<bundle::Labels> found(pull_specs.size());
  in_parallel(pull_specs.size(), kAtOnce, [&](std::size_t i) {
    workspace_.console().progress(fmt::format("reading the labels of {}", pull_specs[i]));
    about_image(pull_specs[i], [&] {
      const auto image = workspace_.pin(allowed(pull_specs[i]).text(), "image");
      found[i] = workspace_.images().config(image, workspace_.image_access()).labels;
    });
  });
  return found;
}

model::ImageReference RegistryLookup::allowed(const std::string& pull_spec) {
  auto image = task::bundle_reference(pull_spec);
  guard_.check_name(image.registry());
  guard_.check_address(image.registry(), workspace_.cancellation());
  return image;
}

}  // namespace iib::cli
