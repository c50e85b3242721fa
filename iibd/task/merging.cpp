#include "merging.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/highest_versions.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::task {

std::string digest_in(std::string_view pull_spec) {
  const auto at = pull_spec.find('@');
  return at == std::string_view::npos ? std::string{} : std::string{pull_spec.substr(at + 1)};
}

void require_digests(std::string_view parameter, std::string_view given,
                     std::span<const catalog::ListedBundle> bundles) {
  constexpr std::size_t kShown = 10;
  std::string named;
  std::size_t count = 0;
  for (const auto& bundle : bundles) {
    if (!digest_in(bundle.pull_spec).empty()) continue;
    if (++count > kShown) continue;
    named += fmt::format("{}{} ({})", count == 1 ? "" : ", ", bundle.name,
                         bundle.pull_spec.empty() ? "no image" : bundle.pull_spec);
  }
  if (count == 0) return;
  if (count > kShown) named += fmt::format(" and {} more", count - kShown);
  throw UserError{
      fmt::format("{} {} has bundles that are not given by digest: {}; indexes are merged by the "
                  "digests of their bundles: add these again under their digests",
                  parameter, given, named)};
}

std::vector<catalog::ListedBundle> missing_bundles(std::span<const catalog::ListedBundle> source,
                                                   std::span<const catalog::ListedBundle> target) {
  std::set<std::string> digests;
  std::set<std::string> names;
  for (const auto& bundle : source) {
    digests.insert(digest_in(bundle.pull_spec));
    names.insert(bundle.name);
  }
  std::vector<catalog::ListedBundle> missing;
  for (const auto& bundle : target) {
    if (names.contains(bundle.name)) continue;
    if (digests.insert(digest_in(bundle.pull_spec)).second) missing.push_back(bundle);
  }
  return missing;
}

std::vector<std::string> deprecated_pull_specs(std::span<const catalog::ListedBundle> bundles,
                                               const std::set<std::string>& digests,
                                               const std::set<std::string>& names) {
  std::vector<catalog::ListedBundle> chosen;
  for (const auto& bundle : bundles) {
    if (digests.contains(digest_in(bundle.pull_spec)) || names.contains(bundle.name)) {
      chosen.push_back(bundle);
    }
  }
  std::vector<std::string> pull_specs;
  for (auto& bundle : catalog::highest_versions(chosen)) {
    pull_specs.push_back(std::move(bundle.pull_spec));
  }
  return pull_specs;
}

}  // namespace iib::task
