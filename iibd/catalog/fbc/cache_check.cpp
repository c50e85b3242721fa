#include "catalog/fbc/cache_digest.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc_cache.hpp"

#include <fmt/format.h>

#include <system_error>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

/// It holds 16 characters, and blanks that do not count.
constexpr std::size_t kMaxDigestBytes = 4096;

unsigned mode_of(const fs::path& path) {
  std::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (error) {
    throw ExternalError{fmt::format("{} cannot be read: {}", path.string(), error.message()),
                        ExternalError::Retry::no};
  }
  return static_cast<unsigned>(status.permissions()) & 07777U;
}

}  // namespace

unsigned RootModes::of_directory(std::string_view path) const {
  const auto found = exceptions.find(path);
  return found == exceptions.end() ? directories : found->second;
}

unsigned RootModes::of_file(std::string_view path) const {
  const auto found = exceptions.find(path);
  return found == exceptions.end() ? files : found->second;
}

RootModes RootModes::of_host(const fs::path& root) {
  RootModes modes;
  const auto take = [&](const std::string& name, unsigned usual, const fs::path& path) {
    const auto mode = mode_of(path);
    if (mode != usual) modes.exceptions.emplace(name, mode);
  };
  take(".", modes.directories, root);
  std::error_code error;
  fs::recursive_directory_iterator entry{root, error};
  for (; !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
    const auto status = entry->symlink_status();
    if (fs::is_symlink(status)) continue;
    take(entry->path().lexically_relative(root).generic_string(),
         fs::is_directory(status) ? modes.directories : modes.files, entry->path());
  }
  if (error) {
    throw ExternalError{fmt::format("{} cannot be read: {}", root.string(), error.message()),
                        ExternalError::Retry::no};
  }
  return modes;
}

std::string cache_digest(const fs::path& root, const fs::path& directory, const RootModes& modes,
                         const Cancellation& cancellation) {
  const CacheOptions options{.modes = modes, .cancellation = cancellation, .threads = 1};
  return CacheDigest{root, options}.finish(directory);
}

CacheCheck check_cache(const fs::path& root, const fs::path& directory, const RootModes& modes,
                       const Cancellation& cancellation) {
  CacheCheck check;
  if (!fs::exists(directory) || (fs::is_directory(directory) && fs::is_empty(directory))) {
    return check;
  }
  check.has_pogreb = fs::is_directory(directory / "pogreb.v1");
  if (!fs::is_directory(directory / "cache") || !fs::is_regular_file(directory / "digest")) {
    check.state = CacheState::foreign;
    return check;
  }
  check.recorded = read_file(directory / "digest", kMaxDigestBytes);
  check.recorded.erase(check.recorded.find_last_not_of(" \t\r\n\v\f") + 1);
  const CacheOptions options{.modes = modes, .cancellation = cancellation, .threads = 1};
  CacheDigest digest{root, options};
  check.expected = digest.finish(directory);
  check.steps = digest.take_steps();
  check.state = check.recorded == check.expected ? CacheState::up_to_date : CacheState::stale;
  return check;
}

}  // namespace iib::catalog::fbc
