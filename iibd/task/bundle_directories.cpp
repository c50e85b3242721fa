#include "bundle_directories.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <map>

namespace iib::task {
namespace {

namespace fs = std::filesystem;

constexpr auto kManifestsLabel = "operators.operatorframework.io.bundle.manifests.v1";
constexpr auto kMetadataLabel = "operators.operatorframework.io.bundle.metadata.v1";

fs::path place_of(const bundle::Labels& labels, const char* label, fs::path usual) {
  const auto found = labels.find(label);
  if (found == labels.end() || found->second.empty()) return usual;
  auto place = fs::path{found->second}.relative_path().lexically_normal();
  if (!place.has_filename()) place = place.parent_path();  // `manifests/`
  if (place.empty() || place == "." || *place.begin() == "..") {
    throw UserError{fmt::format(
        "the label {} of the bundle image is '{}', but must name a directory in the image, such as "
        "{}/",
        label, found->second, usual.string())};
  }
  return place;
}

}  // namespace

BundleDirectories BundleDirectories::of(const bundle::Labels& labels) {
  return {.manifests = place_of(labels, kManifestsLabel, "manifests"),
          .metadata = place_of(labels, kMetadataLabel, "metadata")};
}

std::vector<std::string> BundleDirectories::paths() const {
  if (manifests == metadata) return {manifests.string()};
  return {manifests.string(), metadata.string()};
}

std::vector<image::LayerFile> layer_files(const fs::path& root,
                                          const BundleDirectories& directories) {
  std::map<std::string, image::LayerFile> files;  // by target: one may lie within the other
  for (const auto& directory : directories.paths()) {
    for (const auto& entry : fs::recursive_directory_iterator{root / directory}) {
      const auto status = entry.symlink_status();
      if (!fs::is_regular_file(status)) continue;
      const auto target = "/" + entry.path().lexically_relative(root).string();
      files.try_emplace(target,
                        image::LayerFile{.source = entry.path(),
                                         .target = target,
                                         .mode = static_cast<unsigned>(status.permissions())});
    }
  }
  std::vector<image::LayerFile> all;
  for (auto& [target, file] : files) all.push_back(std::move(file));
  return all;
}

}  // namespace iib::task
