#pragma once

#include "cli/workspace.hpp"

#include <filesystem>
#include <string>

namespace iib::cli {

/// Which catalog a command reads: a database, a directory or file of a file-based catalog, or what
/// an image in a registry holds.
struct SourceOptions {
  std::filesystem::path database{};
  /// A directory, or a single file with blobs.
  std::filesystem::path catalog{};
  /// A pull specification.
  std::string index{};
  RegistryOptions registries{};

  /// As the user named it.
  [[nodiscard]] std::string name() const;
};

/// A catalog and the cache that comes with it.
struct ServedCatalog {
  catalog::Catalog catalog;
  /// Where the serve cache of an image lies, if it has one; empty when there is no image.
  std::filesystem::path cache{};
};

/// `--database FILE`, `--catalog PATH`, `--index IMAGE`, and how registries are spoken to.
void add_source_options(CLI::App& command, SourceOptions& options);
/// Refuses the command line unless exactly one of these three is given.
void require_source(const CLI::App& command, const SourceOptions& options);
/// The catalog on disk, for reading; it lives as long as `workspace`. Throws UserError for what is
/// not there, or an image that is no index.
[[nodiscard]] catalog::Catalog open_source(const SourceOptions& options, Workspace& workspace);
/// The same, with the cache where the catalog is that of an image and file-based.
[[nodiscard]] ServedCatalog open_served(const SourceOptions& options, Workspace& workspace);

/// The same for commands that take databases only: without `--catalog`.
void add_database_options(CLI::App& command, SourceOptions& options);
/// Refuses the command line unless exactly one of `--database` and `--index` is given.
void require_database(const CLI::App& command, const SourceOptions& options);
/// The database on disk. Throws UserError for an image with a file-based catalog, too.
[[nodiscard]] catalog::Catalog open_database(const SourceOptions& options, Workspace& workspace);

/// The file-based catalog in the directory `path`. Throws UserError when there is none.
[[nodiscard]] catalog::Catalog open_directory(const std::filesystem::path& path);

/// The catalog for an argument: an existing path is a database, a directory or a file of a
/// file-based catalog, by what is there; anything else is a pull specification.
[[nodiscard]] catalog::Catalog open_named(const std::string& path_or_image, Workspace& workspace);
/// Throws UserError for `name`, of which no file is there, when no image can have it either.
void require_image_name(const std::string& name);
/// What the image `pull_spec` holds.
[[nodiscard]] catalog::Catalog open_image(const std::string& pull_spec, Workspace& workspace);

/// Whether the image `pull_spec` is a bundle and no index.
[[nodiscard]] bool is_bundle_image(const std::string& pull_spec, Workspace& workspace);

}  // namespace iib::cli
