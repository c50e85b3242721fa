#include "cli/catalog_source.hpp"

#include "cli/command_line.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <system_error>
#include <vector>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;

// catalog-sqlite 2.
constexpr auto kDatabaseLabel = "operators.operatorframework.io.index.database.v1";
constexpr auto kConfigsLabel = "operators.operatorframework.io.index.configs.v1";

catalog::Catalog open_file(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw UserError{
        fmt::format("{} does not exist: name the file of an index database", path.string())};
  }
  if (fs::is_directory(status)) {
    throw UserError{
        fmt::format("{} is a directory: name the file of an index database (file-based catalogs "
                    "are not supported yet)",
                    path.string())};
  }
  return {.kind = catalog::CatalogKind::sqlite, .path = path};
}

/// Where the database lies in the image, relative to its root.
fs::path database_path(const std::string& image, const image::ImageConfig& config) {
  const auto label = config.labels.find(kDatabaseLabel);
  if (label != config.labels.end()) {
    return fs::path{label->second}.relative_path().lexically_normal();
  }
  if (config.labels.contains(kConfigsLabel)) {
    throw UserError{fmt::format(
        "index image {} holds a file-based catalog: name one with an SQLite database", image)};
  }
  throw UserError{
      fmt::format("image {} misses the label {}: it is no index image", image, kDatabaseLabel)};
}

catalog::Catalog open_image(const std::string& image, Workspace& workspace) {
  workspace.console().progress(fmt::format("reading {}", image));
  const auto pinned = workspace.pin(image, "index image");
  const auto access = workspace.image_access();
  const auto relative = database_path(image, workspace.images().config(pinned, access));
  const auto root = workspace.make_directory("index");
  const std::vector<std::string> wanted{relative.string()};
  workspace.images().extract(pinned, wanted, root, access);
  auto path = root / relative;
  if (!fs::is_regular_file(fs::symlink_status(path))) {
    throw UserError{fmt::format("index image {} has no file /{}, which its label {} names", image,
                                relative.string(), kDatabaseLabel)};
  }
  return {.kind = catalog::CatalogKind::sqlite, .path = std::move(path)};
}

}  // namespace

void add_source_options(CLI::App& command, SourceOptions& options) {
  command.add_option("--database", options.database, "file of an index database")
      ->type_name("FILE");
  command.add_option("--index", options.index, "pull specification of an index image")
      ->type_name("IMAGE");
  add_registry_options(command, options.registries);
}

void require_source(const CLI::App& command, const SourceOptions& options) {
  if (options.database.empty() && options.index.empty()) {
    refuse_usage(command, "tell which catalog: --database FILE or --index IMAGE");
  }
  if (!options.database.empty() && !options.index.empty()) {
    refuse_usage(command, "give either --database or --index, not both");
  }
}

catalog::Catalog open_source(const SourceOptions& options, Workspace& workspace) {
  return options.index.empty() ? open_file(options.database) : open_image(options.index, workspace);
}

catalog::Catalog open_named(const std::string& file_or_image, Workspace& workspace) {
  std::error_code ignored;  // then it is no path, and the registry's answer will tell
  return fs::exists(file_or_image, ignored) ? open_file(file_or_image)
                                            : open_image(file_or_image, workspace);
}

}  // namespace iib::cli
