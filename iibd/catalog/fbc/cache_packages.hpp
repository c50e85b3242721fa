#pragma once

#include "catalog/fbc/cache_context.hpp"
#include "catalog/fbc/model.hpp"
#include "iib/catalog/fbc_cache.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace iib::catalog::fbc {

/// The value of a package in `packages.json` of a serve cache (catalog-fbc 1.8).
[[nodiscard]] std::string package_json(const CachedPackageFacts& facts, const PackageModel& model,
                                       CacheIcons icons);
/// `json`, a package_json(), without its icon.
[[nodiscard]] std::string without_icon(std::string_view json);

/// Writes the object `packages.json`, package by package in the order of their names.
class PackagesJson {
 public:
  explicit PackagesJson(std::function<void(std::string_view)> write) : write_{std::move(write)} {}
  /// `json` is the package_json() of the package.
  void add(std::string_view name, std::string_view json);
  void finish();

 private:
  std::function<void(std::string_view)> write_;
  bool empty_ = true;
};

/// Writes `packages.json` piece by piece to `write`. Every package of `model`, which must be right,
/// must be among `packages`.
void write_packages_json(const Model& model, const CachedPackageMap& packages, CacheIcons icons,
                         const std::function<void(std::string_view)>& write);

}  // namespace iib::catalog::fbc
