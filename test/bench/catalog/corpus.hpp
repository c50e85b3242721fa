#pragma once

#include "iib/catalog/engine.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace iib::bench {

/// One step of a golden scenario: bundles added together.
using Step = std::vector<catalog::BundleSource>;

/// The shared bundles and the orders in which golden scenarios add them.
class Corpus {
 public:
  /// The folder named by IIBD_SHARED or beside the checkout; nothing when it is not there.
  [[nodiscard]] static std::optional<Corpus> find();

  /// Every bundle of every package but `cockroachdb`, which no single semver call takes.
  [[nodiscard]] std::vector<catalog::BundleSource> all() const;
  /// The accepted steps of `replaces-one-by-one`, package after package.
  [[nodiscard]] std::vector<Step> one_by_one() const;
  /// Bytes of the files of the largest bundle.
  [[nodiscard]] std::uintmax_t largest_bundle() const;

 private:
  explicit Corpus(std::filesystem::path shared) : shared_{std::move(shared)} {}
  std::filesystem::path shared_;
};

/// Bytes of all files below `directory`.
[[nodiscard]] std::uintmax_t bytes_below(const std::filesystem::path& directory);

/// Adds copies of the packages in the database `path`, under other names, until it holds `bundles`
/// bundles.
void multiply_packages(const std::filesystem::path& path, int bundles);

}  // namespace iib::bench
