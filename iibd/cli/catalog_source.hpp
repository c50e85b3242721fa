#pragma once

#include "cli/workspace.hpp"

#include <string>

namespace iib::cli {

/// Which catalog a command reads: a file, or what an image in a registry holds.
struct SourceOptions {
  std::filesystem::path database{};
  /// A pull specification.
  std::string index{};
  RegistryOptions registries{};

  /// As the user named it.
  [[nodiscard]] std::string name() const { return index.empty() ? database.string() : index; }
};

/// `--database FILE`, `--index IMAGE`, and how registries are spoken to.
void add_source_options(CLI::App& command, SourceOptions& options);
/// Refuses the command line unless exactly one of `--database` and `--index` is given.
void require_source(const CLI::App& command, const SourceOptions& options);

/// The catalog on disk, for reading; it lives as long as `workspace`. Throws UserError for a file
/// that is not there, an image that is no index, or one with a file-based catalog.
[[nodiscard]] catalog::Catalog open_source(const SourceOptions& options, Workspace& workspace);
/// The same for an argument that is either: an existing path is a file, anything else a pull
/// specification.
[[nodiscard]] catalog::Catalog open_named(const std::string& file_or_image, Workspace& workspace);

}  // namespace iib::cli
