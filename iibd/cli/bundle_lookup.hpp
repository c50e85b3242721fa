#pragma once

#include "cli/workspace.hpp"
#include "iib/bundle/image_lookup.hpp"
#include "iib/config/config.hpp"
#include "task/registry_guard.hpp"

#include <span>
#include <string>
#include <vector>

namespace iib::cli {

/// Asks the registries about the images that a bundle names, several at a time. The text of a
/// bundle decides which hosts are asked, so the daemon's bounds hold here, too.
class RegistryLookup final : public bundle::ImageLookup {
 public:
  /// `config` has the bounds; so have the options that `workspace` was made with, `registries`.
  /// `workspace` outlives this.
  RegistryLookup(Workspace& workspace, const config::Config& config,
                 const RegistryOptions& registries);

  [[nodiscard]] std::vector<std::string> digests(std::span<const std::string> pull_specs) override;
  [[nodiscard]] std::vector<bundle::Labels> labels(
      std::span<const std::string> pull_specs) override;

 private:
  /// The image that `pull_spec` names, once it is sure that it may be asked for.
  [[nodiscard]] model::ImageReference allowed(const std::string& pull_spec);

  Workspace& workspace_;
  task::RegistryGuard guard_;
};

}  // namespace iib::cli
