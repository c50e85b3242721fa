#include "catalog/fbc/cache_context.hpp"

#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/blob_reader.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>
#include <variant>

namespace iib::catalog::fbc {
namespace {

/// Reads the blobs with these numbers in a file, and nothing after the last of them.
void read_numbers(const std::filesystem::path& file, const std::set<std::size_t>& numbers,
                  const Cancellation& cancellation, CachedPackageMap& packages) {
  BlobReader reader{file};
  while (const auto raw = reader.next()) {
    cancellation.check("making the cache");
    if (numbers.contains(raw->number)) {
      auto blob = read_blob(parse_blob(*raw, Values::keep), Values::keep);
      if (auto* package = std::get_if<Package>(&blob)) {
        auto name = package->name;
        packages[std::move(name)].package = std::move(*package);
      }
    }
    if (raw->number >= *numbers.rbegin()) return;
  }
}

void add_deprecations(const CheckedCatalog& catalog, CachedPackageMap& packages) {
  for (const auto& facts : catalog.facts.deprecations) {
    const auto found = packages.find(facts.deprecations.package);
    if (found == packages.end()) continue;
    auto& package = found->second;
    for (const auto& entry : facts.deprecations.entries) {
      if (entry.schema == kPackageSchema) package.deprecation = &entry.message;
      if (entry.schema == kChannelSchema) package.channel_deprecations[entry.name] = &entry.message;
      if (entry.schema == kBundleSchema) package.bundle_deprecations[entry.name] = &entry.message;
    }
  }
}

}  // namespace

CachedPackageMap read_packages(const std::filesystem::path& root, const CheckedCatalog& catalog,
                               CacheFlavor flavor, const Cancellation& cancellation) {
  std::map<std::size_t, std::set<std::size_t>> numbers;
  for (const auto& facts : catalog.facts.packages) {
    numbers[facts.where.file].insert(facts.where.number);
  }
  CachedPackageMap packages;
  for (const auto& [file, wanted] : numbers) {
    read_numbers(root / catalog.files.at(file).name, wanted, cancellation, packages);
  }
  for (const auto& [name, model] : catalog.model) {
    if (packages.contains(name)) continue;
    throw ExternalError{fmt::format("package {} of the catalog changed while it was read: try "
                                    "again when nothing else writes to it",
                                    name),
                        ExternalError::Retry::no};
  }
  if (flavor == CacheFlavor::opm_1_32) add_deprecations(catalog, packages);
  return packages;
}

}  // namespace iib::catalog::fbc
