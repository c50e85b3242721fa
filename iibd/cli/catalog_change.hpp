#pragma once

#include "cli/catalog_source.hpp"
#include "cli/output.hpp"
#include "iib/catalog/engine.hpp"

#include <filesystem>
#include <functional>
#include <optional>

namespace iib::cli {

/// What every command that changes a catalog is told.
struct ChangeOptions {
  SourceOptions source{};
  /// Where the result goes; empty: in place of the source.
  std::filesystem::path output{};
  Format format = Format::text;
};

/// `--database`, `--index`, `--output`, `--format`, and how registries are spoken to.
void add_change_options(CLI::App& command, ChangeOptions& options);
/// Refuses contradictions of these options.
void require_change_options(const CLI::App& command, const ChangeOptions& options);

/// What becomes of a database that is not there.
enum class AbsentDatabase { refused, made };

/// What a change is given.
struct ChangeInput {
  catalog::CatalogEngine& engine;
  /// Nothing for an empty catalog.
  const std::optional<catalog::Catalog>& from;
  /// For the engine; it says whether `from` itself is changed.
  const catalog::Work& work;
  Workspace& workspace;
};

/// Makes the changed catalog.
using CatalogChange = std::function<catalog::Catalog(const ChangeInput& input)>;

/// Applies `change`, all or nothing: a failure leaves the file as it was, or absent. A file that is
/// source and destination is changed itself, in one transaction; another is replaced as a whole.
/// Prints what has changed, and gives the exit status.
[[nodiscard]] int change_catalog(const ChangeOptions& options, AbsentDatabase absent,
                                 const CatalogChange& change);

}  // namespace iib::cli
