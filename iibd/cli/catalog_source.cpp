#include "cli/catalog_source.hpp"

#include "cli/command_line.hpp"
#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/index_labels.hpp"

#include <fmt/format.h>

#include <fstream>
#include <system_error>
#include <vector>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;
using catalog::CatalogKind;
using catalog::kConfigsLabel;
using catalog::kDatabaseLabel;

/// The label of a bundle image that names its package.
constexpr auto kBundleLabel = "operators.operatorframework.io.bundle.package.v1";

/// Of what a user typed, in a sentence.
constexpr std::size_t kLongestName = 400;

/// What a database begins with. One without content is an empty index.
constexpr std::string_view kDatabaseMagic{"SQLite format 3\0", 16};

fs::file_status status_of(const fs::path& path, std::string_view wanted) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw UserError{fmt::format("{} does not exist: name {}", path.string(), wanted)};
  }
  return status;
}

catalog::Catalog open_file(const fs::path& path) {
  if (fs::is_directory(status_of(path, "the file of an index database"))) {
    throw UserError{fmt::format(
        "{} is a directory: name the file of an index database (a file-based catalog is looked at "
        "with --catalog, and changed by merge, migrate and deprecate-packages)",
        path.string())};
  }
  return {.kind = CatalogKind::sqlite, .path = path};
}

bool is_database(const fs::path& path) {
  std::string begin(kDatabaseMagic.size(), '\0');
  std::ifstream file{path, std::ios::binary};
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return begin == kDatabaseMagic;
}

/// A catalog is a directory: a single file becomes one.
catalog::Catalog open_blobs(const fs::path& path, Workspace& workspace) {
  constexpr auto kWanted = "the directory of a file-based catalog, or a file with its blobs";
  const auto status = status_of(path, kWanted);
  if (fs::is_directory(status)) return {.kind = CatalogKind::file_based, .path = path};
  if (!fs::is_regular_file(status)) {
    throw UserError{fmt::format("{} is no file: name {}", path.string(), kWanted)};
  }
  if (is_database(path)) {
    throw UserError{fmt::format("{} is an index database: name it with --database", path.string())};
  }
  auto directory = workspace.make_directory("catalog-file");
  std::error_code error;
  fs::copy_file(path, directory / path.filename(), error);
  if (error) {
    throw ExternalError{fmt::format("{} cannot be copied to a temporary file: {}; look for free "
                                    "space in TMPDIR",
                                    path.string(), error.message()),
                        ExternalError::Retry::no};
  }
  return {.kind = CatalogKind::file_based, .path = std::move(directory)};
}

/// A path that a label names, relative to the root of its image, which it cannot leave.
fs::path path_in_image(const std::string& label) {
  return (fs::path{"/"} / label).lexically_normal().relative_path();
}

/// An image with what tells where its catalog is.
struct Index {
  Index(const std::string& image, Workspace& workspace)
      : name{image},
        pinned{workspace.pin(image, "index image")},
        access{workspace.image_access()},
        labels{workspace.images().config(pinned, access).labels} {}

  /// Empty when the image has no such label.
  [[nodiscard]] std::string label(const char* key) const {
    const auto found = labels.find(key);
    return found == labels.end() ? std::string{} : found->second;
  }

  const std::string& name;
  model::ImageReference pinned;
  image::Access access;
  std::map<std::string, std::string> labels;
};

/// Takes what the label `key` names out of the image, and what lies at `cache` if there is such.
ServedCatalog unpack(const Index& index, const char* key, CatalogKind kind, Workspace& workspace,
                     const fs::path& cache = {}) {
  const auto relative = path_in_image(index.label(key));
  const auto root = workspace.make_directory("index");
  std::vector<std::string> wanted{relative.string()};
  if (!cache.empty()) wanted.push_back(cache.string());
  if (!relative.empty()) workspace.images().extract(index.pinned, wanted, root, index.access);
  auto path = root / relative;
  const auto status = fs::symlink_status(path);
  const bool files = kind == CatalogKind::file_based;
  if (relative.empty() || !(files ? fs::is_directory(status) : fs::is_regular_file(status))) {
    throw UserError{fmt::format("index image {} has no {} /{}, which its label {} names",
                                index.name, files ? "directory" : "file", relative.string(), key)};
  }
  return {.catalog = {.kind = kind, .path = std::move(path)},
          .cache = cache.empty() ? fs::path{} : root / cache};
}

catalog::Catalog open_database_image(const std::string& image, Workspace& workspace) {
  workspace.console().progress(fmt::format("reading {}", image));
  const Index index{image, workspace};
  if (catalog::is_file_based(index.labels)) {
    throw UserError{fmt::format(
        "index image {} holds a file-based catalog: name one with an SQLite database", image)};
  }
  if (index.label(kDatabaseLabel).empty()) {
    throw UserError{
        fmt::format("image {} misses the label {}: it is no index image", image, kDatabaseLabel)};
  }
  return unpack(index, kDatabaseLabel, CatalogKind::sqlite, workspace).catalog;
}

ServedCatalog open_index(const std::string& pull_spec, const fs::path& cache,
                         Workspace& workspace) {
  workspace.console().progress(fmt::format("reading {}", pull_spec));
  const Index index{pull_spec, workspace};
  if (catalog::is_file_based(index.labels)) {
    return unpack(index, kConfigsLabel, CatalogKind::file_based, workspace, cache);
  }
  if (!index.label(kDatabaseLabel).empty()) {
    return unpack(index, kDatabaseLabel, CatalogKind::sqlite, workspace);
  }
  throw UserError{fmt::format("image {} has neither the label {} nor {}: it is no index image",
                              pull_spec, kDatabaseLabel, kConfigsLabel)};
}

/// Whether `name` can only be meant as a path: no image has such a name, or none that people give
/// (registries have a dot, a port, or a tag that follows).
bool is_path(const std::string& name) {
  if (name.starts_with('.')) return true;
  try {
    const auto image = model::ImageReference::parse(name);
    return image.registry() != "localhost" && !model::is_pull_specification(name) &&
           image.registry().find('.') == std::string::npos;
  } catch (const UserError&) {
    return true;
  }
}

void require_one(const CLI::App& command, const SourceOptions& options, const std::string& choice,
                 const std::string& pair) {
  const auto given = static_cast<int>(!options.database.empty()) +
                     static_cast<int>(!options.catalog.empty()) +
                     static_cast<int>(!options.index.empty());
  if (given == 0) refuse_usage(command, "tell which catalog: " + choice);
  if (given > 1) refuse_usage(command, pair);
}

}  // namespace

std::string SourceOptions::name() const {
  if (!index.empty()) return index;
  return catalog.empty() ? database.string() : catalog.string();
}

void add_source_options(CLI::App& command, SourceOptions& options) {
  add_database_options(command, options);
  command
      .add_option("--catalog", options.catalog,
                  "directory of a file-based catalog, or a file with its blobs")
      ->type_name("PATH");
}

void require_source(const CLI::App& command, const SourceOptions& options) {
  require_one(command, options, "--database FILE, --catalog PATH or --index IMAGE",
              "give one of --database, --catalog and --index, not both");
}

catalog::Catalog open_source(const SourceOptions& options, Workspace& workspace) {
  if (!options.index.empty()) return open_image(options.index, workspace);
  return options.catalog.empty() ? open_file(options.database)
                                 : open_blobs(options.catalog, workspace);
}

catalog::Catalog open_directory(const fs::path& path) {
  constexpr auto kWanted = "the directory of a file-based catalog";
  if (fs::is_directory(status_of(path, kWanted))) {
    return {.kind = CatalogKind::file_based, .path = path};
  }
  throw UserError{fmt::format("{} is no directory: name {}", path.string(), kWanted)};
}

ServedCatalog open_served(const SourceOptions& options, Workspace& workspace) {
  if (options.index.empty()) return {.catalog = open_source(options, workspace)};
  return open_index(options.index, path_in_image(catalog::kCachePath), workspace);
}

void add_database_options(CLI::App& command, SourceOptions& options) {
  command.add_option("--database", options.database, "file of an index database")
      ->type_name("FILE");
  command.add_option("--index", options.index, "pull specification of an index image")
      ->type_name("IMAGE");
  add_registry_options(command, options.registries);
}

void require_database(const CLI::App& command, const SourceOptions& options) {
  require_one(command, options, "--database FILE or --index IMAGE",
              "give either --database or --index, not both");
}

catalog::Catalog open_database(const SourceOptions& options, Workspace& workspace) {
  return options.index.empty() ? open_file(options.database)
                               : open_database_image(options.index, workspace);
}

catalog::Catalog open_named(const std::string& path_or_image, Workspace& workspace) {
  std::error_code ignored;  // then it is no path, and the registry's answer will tell
  const auto status = fs::status(path_or_image, ignored);
  if (!fs::exists(status)) {
    require_image_name(path_or_image);
    return open_image(path_or_image, workspace);
  }
  const bool may_be_database = fs::is_regular_file(status);
  if (may_be_database && (fs::is_empty(path_or_image) || is_database(path_or_image))) {
    return open_file(path_or_image);
  }
  return open_blobs(path_or_image, workspace);
}

void require_image_name(const std::string& name) {
  if (!is_path(name)) return;
  throw UserError{
      fmt::format("there is no file or directory {0}, and {0} is no pull specification "
                  "(registry/repository:tag "
                  "or registry/repository@sha256:digest): correct the name",
                  one_line(name, kLongestName))};
}

catalog::Catalog open_image(const std::string& pull_spec, Workspace& workspace) {
  return open_index(pull_spec, {}, workspace).catalog;
}

bool is_bundle_image(const std::string& pull_spec, Workspace& workspace) {
  workspace.console().progress(fmt::format("reading {}", pull_spec));
  const Index image{pull_spec, workspace};
  return !catalog::is_file_based(image.labels) && image.label(kDatabaseLabel).empty() &&
         image.labels.contains(kBundleLabel);
}

}  // namespace iib::cli
