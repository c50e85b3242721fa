#pragma once

#include "catalog/fbc/render_bundle.hpp"
#include "catalog/fbc/writer.hpp"
#include "iib/catalog/engine.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace iib::catalog::fbc {

/// How migrate() writes.
struct MigrateOptions {
  MigrateLevel level = MigrateLevel::none;
  Format format = Format::json;
};

/// Writes the index database `from` as a file-based catalog into `directory`, which must be absent
/// or empty: `PACKAGE/catalog.json`, or `.yaml` (catalog-fbc 2.4). One package at a time is in
/// memory. Returns the names of the packages. Throws Refused for a database that is no usable one
/// or breaks the rules of catalogs (3), and then leaves what was written.
std::vector<std::string> migrate(const Catalog& from, const std::filesystem::path& directory,
                                 const MigrateOptions& options, const Work& work);

}  // namespace iib::catalog::fbc
