#include "catalog/bundle_files.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/paths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace iib::catalog {
namespace {

namespace fs = std::filesystem;

/// The largest bundle known has some 400 files of 6 MB in all. The bounds leave ample room and keep
/// a request from filling the memory.
constexpr std::size_t kMaxBundleBytes = 64UL << 20U;
constexpr std::size_t kMaxFiles = 10'000;

void refuse_link_outside(const fs::path& root, const fs::directory_entry& entry) {
  std::error_code error;
  if (!entry.is_symlink(error)) return;
  const auto target = fs::weakly_canonical(entry.path(), error);
  if (error || !is_within(target, fs::weakly_canonical(root, error))) {
    throw UserError{fmt::format("{} is a link that leads out of the bundle",
                                entry.path().lexically_relative(root).string())};
  }
}

}  // namespace

std::vector<std::string> list_files(const fs::path& root, const fs::path& directory,
                                    HiddenFiles hidden) {
  std::error_code error;
  fs::directory_iterator entries{root / directory, error};
  if (error) throw UserError{fmt::format("it has no directory {}/", directory.string())};
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    auto name = entry.path().filename().string();
    if (hidden == HiddenFiles::skip && name.starts_with('.')) continue;
    refuse_link_outside(root, entry);
    if (!entry.is_regular_file(error)) continue;
    names.push_back(std::move(name));
    if (names.size() > kMaxFiles) {
      throw UserError{fmt::format("{}/ has more than {} files", directory.string(), kMaxFiles)};
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> BundleFiles::read(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kMaxFileBytes && !error) return std::nullopt;
  auto content = read_file(path, kMaxFileBytes);
  total_bytes_ += content.size();
  if (total_bytes_ > kMaxBundleBytes) {
    throw UserError{fmt::format("its files are larger than {} MiB", kMaxBundleBytes >> 20U)};
  }
  return content;
}

}  // namespace iib::catalog
