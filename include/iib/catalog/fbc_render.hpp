#pragma once

#include "iib/catalog/engine.hpp"

#include <cstddef>
#include <filesystem>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iib::catalog::fbc {

/// How a bundle's manifests get into its blob (catalog-fbc 2.5).
enum class MigrateLevel {
  none,                           ///< As `olm.bundle.object`s.
  bundle_object_to_csv_metadata,  ///< As one `olm.csv.metadata`.
};

/// The level that the program `opm` stands for by the version in its name (`opm-v1.48.0`):
/// metadata when that is above 1.46.0 (catalog-fbc 4.1), else objects; of a name without a version
/// objects too, the form that every release reads.
[[nodiscard]] MigrateLevel migrate_level_of(std::string_view opm);

/// What a catalog is written in.
enum class Format { json, yaml };

/// How migrate() and render() write.
struct FormOptions {
  MigrateLevel level = MigrateLevel::none;  ///< The form of the manifests.
  Format format = Format::json;             ///< JSON or YAML.
};

/// Writes `from`, a database or a directory, as a file-based catalog into `directory`, which must
/// be absent or empty: `PACKAGE/catalog.json`, or `.yaml` (catalog-fbc 2.4). One package at a time
/// is in memory. Returns the names of the packages. Throws Refused for a source that cannot be
/// used or breaks the rules of catalogs (3), and then leaves what was written.
std::vector<std::string> migrate(const Catalog& from, const std::filesystem::path& directory,
                                 const FormOptions& options, const Work& work);

/// What render() takes: an unpacked bundle, or a catalog of either kind.
using RenderSource = std::variant<BundleSource, Catalog>;

/// Writes the blobs of all `sources` to `out` in the order of catalog-fbc 1.5, as `opm render`
/// does: a package that two sources have comes twice. Objects go behind the other properties and
/// related images are sorted (2.1). Only names and places are in memory, not blobs. Throws Refused
/// or UserError for a source that cannot be read, ExternalError when `out` takes no more.
void render(std::span<const RenderSource> sources, std::ostream& out, const FormOptions& options,
            const Work& work);

}  // namespace iib::catalog::fbc
