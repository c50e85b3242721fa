#include "iib/catalog/highest_versions.hpp"

#include "catalog/version.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

namespace iib::catalog {
namespace {

Version version_of(const ListedBundle& bundle) {
  auto version = Version::parse(bundle.version);
  if (version) return *std::move(version);
  throw UserError{fmt::format(
      "bundle {} of package {} has the version '{}', which is no semantic version: it "
      "cannot be compared with the other versions of its package: remove the package from the "
      "index, or add a bundle with a version such as 1.2.3 in its place",
      bundle.name, bundle.package, bundle.version)};
}

}  // namespace

std::vector<ListedBundle> highest_versions(std::span<const ListedBundle> bundles) {
  std::map<std::string, Version> highest;  // by package
  for (const auto& bundle : bundles) {
    const auto version = version_of(bundle);
    const auto [known, is_first] = highest.try_emplace(bundle.package, version);
    if (!is_first && version.precedence(known->second) > 0) known->second = version;
  }
  std::vector<ListedBundle> kept;
  for (const auto& bundle : bundles) {
    const auto order = version_of(bundle).precedence(highest.at(bundle.package));
    if (order == 0) kept.push_back(bundle);
  }
  return kept;
}

}  // namespace iib::catalog
