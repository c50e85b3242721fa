#pragma once

#include "context.hpp"
#include "iib/bundle/image_lookup.hpp"
#include "lookup_cache.hpp"
#include "registry_guard.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace iib::task {

/// Asks the registries about the images that a bundle names, several at a time, with the
/// credentials of one request, and shares the answers with the other requests of its batch.
class BundleLookup final : public bundle::ImageLookup {
 public:
  /// `context` outlives this.
  explicit BundleLookup(const Context& context);

  [[nodiscard]] std::vector<std::string> digests(std::span<const std::string> pull_specs) override;
  [[nodiscard]] std::vector<bundle::Labels> labels(
      std::span<const std::string> pull_specs) override;

 private:
  /// Throws Unresolvable for the first that may not be asked for.
  void check(std::span<const std::string> pull_specs) const;
  [[nodiscard]] FoundImage find(const std::string& pull_spec);
  [[nodiscard]] bundle::Labels find_labels(const std::string& pull_spec);

  const Context& context_;
  std::string credentials_;  ///< Whose they are, as the beginning of keys.
  RegistryGuard guard_;
  std::shared_ptr<LookupCache> cache_;
};

/// The image that `pull_spec` names, its text given in full. What names no registry is on Docker
/// Hub, as for the tools that bundles are made with; a tag beside a digest says nothing. Throws
/// UserError for what names no image.
[[nodiscard]] model::ImageReference bundle_reference(std::string_view pull_spec);

}  // namespace iib::task
