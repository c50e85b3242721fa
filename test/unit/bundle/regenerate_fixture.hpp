#pragma once

#include "iib/bundle/refusal.hpp"
#include "iib/bundle/regenerate.hpp"
#include "table_lookup.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace iib::test {

/// A digest of 64 times the digit `digit`.
std::string digest(char digit);

/// A CSV file: `annotations` are lines of `metadata.annotations`, `pod` lines of the pod's `spec`,
/// `spec` lines of `spec`. Lines are indented by the fixture, and end with a line break.
std::string csv_text(std::string_view pod, std::string_view annotations = {},
                     std::string_view spec = {});

/// A container as csv_text() takes it.
std::string container(std::string_view name, std::string_view image);

/// A bundle of the package `otter` that is regenerated.
class RegenerateFixture {
 public:
  RegenerateFixture();

  /// Adds a manifest.
  RegenerateFixture& with(std::string path, std::string text);
  /// Lets `pull_spec` exist with the digest of 64 times `digit`.
  RegenerateFixture& exists(const std::string& pull_spec, char digit);
  /// By the core rules, for an organization.
  RegenerateFixture& core(config::CoreCustomizations customizations);
  /// By the later rules, for an organization.
  RegenerateFixture& later(std::vector<config::Customization> customizations);

  /// Regenerates; the result is also kept for the questions below.
  const bundle::Regenerated& run();
  /// The refusal that run() ends with; fails the test when it does not.
  bundle::Refusal refusal();
  /// The text of a file of the bundle as it is now.
  [[nodiscard]] std::string text(std::string_view path) const;
  /// What stands at `pointer` of the manifest `path` now, as JSON; `(nothing)` when nothing does.
  [[nodiscard]] std::string at(std::string_view pointer,
                               std::string_view path = "manifests/otter.yaml") const;

  bundle::BundleFiles files;
  bundle::Order order;
  TableLookup lookup;

 private:
  std::optional<bundle::Regenerated> result_;
};

/// A customization of the list form without maps.
config::Customization step(config::CustomizationType type,
                           std::map<std::string, std::string> texts = {},
                           config::OrderedTexts pairs = {});

/// Where csv_text() puts the first container.
inline constexpr auto kFirstContainer =
    "/spec/install/spec/deployments/0/spec/template/spec/containers/0";

}  // namespace iib::test
