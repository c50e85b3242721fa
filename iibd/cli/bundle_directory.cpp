#include "cli/bundle_directory.hpp"

#include "iib/base/error.hpp"
#include "task/bundle_directories.hpp"

#include <fmt/format.h>

#include <system_error>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;

bool has_directory(const fs::path& path) {
  std::error_code ignored;  // then there is none
  return fs::is_directory(path, ignored);
}

}  // namespace

BundleDirectories open_bundle_directory(const fs::path& directory) {
  if (!has_directory(directory)) {
    throw UserError{fmt::format("{} is no directory: name one that holds manifests/ and metadata/",
                                directory.string())};
  }
  BundleDirectories found{.manifests = directory / "manifests", .metadata = directory / "metadata"};
  if (!has_directory(found.manifests)) {
    throw UserError{
        fmt::format("{} has no directory manifests/: name the directory of a bundle, which holds "
                    "manifests/ and metadata/",
                    directory.string())};
  }
  return found;
}

BundleDirectories pull_bundle(const std::string& pull_spec, Workspace& workspace) {
  workspace.console().progress(fmt::format("reading {}", pull_spec));
  const auto pinned = workspace.pin(pull_spec, "bundle");
  const auto access = workspace.image_access();
  const auto labels = workspace.images().config(pinned, access).labels;
  const auto places = task::BundleDirectories::of(labels);
  const auto root = workspace.make_directory("bundle");
  workspace.images().extract(pinned, places.paths(), root, access);
  BundleDirectories found{.manifests = root / places.manifests, .metadata = root / places.metadata};
  if (!fs::is_directory(fs::symlink_status(found.manifests))) {
    throw UserError{fmt::format("image {} has no directory /{}: it is no bundle image", pull_spec,
                                places.manifests.string())};
  }
  return found;
}

}  // namespace iib::cli
