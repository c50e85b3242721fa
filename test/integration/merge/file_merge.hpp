#pragma once

#include "merge_site.hpp"
#include "served_index.hpp"

#include <string>
#include <vector>

namespace iib::test {

/// Their files in a catalog.
inline constexpr auto kOtters = "otter-operator/catalog.json";
inline constexpr auto kHerons = "heron-operator/catalog.json";

/// A site with bundles for file-based indexes of versions 4.5 and 4.6.
struct FileMerge : MergeSite {
  using MergeSite::MergeSite;

  /// A request on `from_index`; `more` begins with a comma.
  std::string make(const std::string& type, const std::string& from_index, const std::string& more);
  /// A file-based index for `version` with `bundles`, and the package `fragment` in its catalog.
  std::string make_files(const std::string& version, const std::vector<std::string>& bundles,
                         const std::string& fragment);
  /// The catalog of `index` as an index `repository` for `version` that has no database.
  std::string without_database(const std::string& index, const std::string& repository,
                               const std::string& version);

  std::string otter1 = push_bundle(kOtter, "0.1.0", "v4.5");
  std::string otter2 = push_bundle(kOtter, "0.2.0", "v4.6");
  std::string heron1 = push_bundle(kHeron, "1.0.0", "=v4.5");
  std::string heron2 = push_bundle(kHeron, "1.1.0", "v4.6");
  std::string database = make_index({otter1});
};

/// A result as a server would find it, which must be whole.
struct Merged : ServedIndex {
  Merged(FileMerge& test, const io::JsonDocument& document, const std::string& version = "v4.6");
};

}  // namespace iib::test
