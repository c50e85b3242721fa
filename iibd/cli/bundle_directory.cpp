#include "cli/bundle_directory.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>
#include <vector>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kManifestsLabel = "operators.operatorframework.io.bundle.manifests.v1";
constexpr auto kMetadataLabel = "operators.operatorframework.io.bundle.metadata.v1";

bool has_directory(const fs::path& path) {
  std::error_code ignored;  // then there is none
  return fs::is_directory(path, ignored);
}

/// What `label` says relative to the root of the image, or `usual` when it says nothing usable.
fs::path labelled_path(const image::ImageConfig& config, const char* label, const char* usual) {
  const auto value = config.labels.find(label);
  if (value == config.labels.end()) return usual;
  auto path = (fs::path{"/"} / value->second / "").lexically_normal().parent_path().relative_path();
  return path.empty() ? fs::path{usual} : path;
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
  const auto config = workspace.images().config(pinned, access);
  const auto manifests = labelled_path(config, kManifestsLabel, "manifests");
  const auto metadata = labelled_path(config, kMetadataLabel, "metadata");
  const auto root = workspace.make_directory("bundle");
  const std::vector<std::string> wanted{manifests.string(), metadata.string()};
  workspace.images().extract(pinned, wanted, root, access);
  BundleDirectories found{.manifests = root / manifests, .metadata = root / metadata};
  if (!fs::is_directory(fs::symlink_status(found.manifests))) {
    throw UserError{fmt::format("image {} has no directory /{}: it is no bundle image", pull_spec,
                                manifests.string())};
  }
  return found;
}

}  // namespace iib::cli
