#pragma once

#include "iib/base/files.hpp"
#include "iib/io/json.hpp"
#include "registry.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

namespace iib::test {

/// The image of one architecture, as the registry keeps it.
struct IndexImage {
  /// As the manifest list says.
  std::string architecture;
  std::string media_type;
  io::JsonDocument config;
  /// Digests, lowest first.
  std::vector<std::string> layers;
};

/// A result: the manifest list and the images that it names, in its order.
struct Index {
  std::string repository;
  std::string media_type;
  std::vector<IndexImage> images;

  /// The architectures in the list's order.
  [[nodiscard]] std::vector<std::string> architectures() const;
};

/// Reads the index `pull_spec` (by tag or digest) of `registry`.
[[nodiscard]] Index read_index(const Registry& registry, const std::string& pull_spec);

/// Rows of texts; NULL is `NULL`.
using Rows = std::vector<std::vector<std::string>>;

/// The database of an index, taken out of its topmost layer and opened with SQLite.
class IndexDatabase {
 public:
  /// Throws when no layer of the index's first image holds /database/index.db.
  IndexDatabase(const Registry& registry, const Index& index);
  IndexDatabase(const Registry& registry, const std::string& pull_spec)
      : IndexDatabase{registry, read_index(registry, pull_spec)} {}

  [[nodiscard]] Rows query(const std::string& sql);

 private:
  TempDir directory_;
  SQLite::Database database_;
};

/// The names of an index's bundles, sorted.
[[nodiscard]] std::vector<std::string> bundles_of(const Registry& registry,
                                                  const std::string& pull_spec);

}  // namespace iib::test
