#include "iib/bundle/bundle_files.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/bundle/refusal.hpp"
#include "iib/io/layer_path.hpp"
#include "place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace iib::bundle {
namespace {

namespace fs = std::filesystem;

constexpr auto kAnnotationsFile = "annotations.yaml";
/// Of folders in folders; each that is being listed holds a file descriptor.
constexpr int kMaxFolderDepth = 32;

[[noreturn]] void refuse(const std::string& reason, std::string file = {}) {
  throw Refusal{RefusalCode::malformed_csv, reason, std::move(file)};
}

[[noreturn]] void fail(const fs::path& path, const std::error_code& error) {
  throw ExternalError{fmt::format("{} cannot be read: {}", path.string(), error.message()),
                      ExternalError::Retry::no};
}

/// Reads files within the bounds of all of them together.
class Reader {
 public:
  explicit Reader(const BundleLimits& limits) : limits_{limits} {}

  /// `name` is what errors call the file.
  std::string read(const fs::path& path, const std::string& name) {
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error) fail(path, error);
    if (bytes > limits_.manifest_bytes) {
      refuse(fmt::format("{} is {} bytes long; the limit is {} bytes", io::shown_name(name), bytes,
                         limits_.manifest_bytes),
             name);
    }
    total_bytes_ += bytes;
    if (total_bytes_ > limits_.total_bytes) {
      refuse(fmt::format("the manifests are longer than {} bytes together; the limit was reached "
                         "at {}",
                         limits_.total_bytes, io::shown_name(name)),
             name);
    }
    return read_file(path, limits_.manifest_bytes);
  }

 private:
  const BundleLimits& limits_;
  std::size_t total_bytes_ = 0;
};

bool is_manifest(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

/// Not followed, wherever it leads: the files come from outside, and we are not to read the host's.
/// Leaving it out would leave images unpinned without a word.
void refuse_link(RefusalCode code, const std::string& name) {
  throw Refusal{
      code, fmt::format("{} is a symbolic link; put the file itself there", io::shown_name(name)),
      name};
}

/// The paths of the manifests, sorted.
std::vector<std::string> list_manifests(const fs::path& root, const BundleLimits& limits) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator entry{root, error};
  for (; !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
    if (entry.depth() > kMaxFolderDepth) {
      refuse(fmt::format("the manifests lie in folders more than {} deep; use fewer of them",
                         kMaxFolderDepth));
    }
    const auto status = entry->symlink_status(error);
    if (error) break;
    if (!is_manifest(entry->path())) continue;
    auto path = entry->path().lexically_relative(root).generic_string();
    if (fs::is_symlink(status)) refuse_link(RefusalCode::malformed_csv, manifest_name(path));
    if (!fs::is_regular_file(status)) continue;
    paths.push_back(std::move(path));
    if (paths.size() > limits.files) {
      refuse(fmt::format("the bundle has more than {} manifests; leave out some", limits.files));
    }
  }
  if (error) fail(root, error);
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

BundleFiles read_bundle(const fs::path& manifests, const fs::path& metadata,
                        const BundleLimits& limits) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(manifests, error))) {
    refuse(fmt::format("the bundle has no directory {}; its manifests belong there",
                       io::shown_name(manifests.filename().string())));
  }
  BundleFiles bundle;
  Reader reader{limits};
  for (auto& path : list_manifests(manifests, limits)) {
    auto text = reader.read(manifests / path, manifest_name(path));
    bundle.manifests.push_back({std::move(path), std::move(text)});
  }
  const auto annotations = metadata / kAnnotationsFile;
  const auto name = fmt::format("metadata/{}", kAnnotationsFile);
  const auto status = fs::symlink_status(annotations, error);
  if (fs::is_symlink(status)) refuse_link(RefusalCode::annotations_yaml_missing, name);
  if (fs::is_regular_file(status)) bundle.annotations = reader.read(annotations, name);
  return bundle;
}

}  // namespace iib::bundle
