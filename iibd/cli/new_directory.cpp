#include "cli/new_directory.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::error_code& error) {
  throw ExternalError{fmt::format("{} cannot be written: {}", path.string(), error.message()),
                      ExternalError::Retry::no};
}

fs::path checked(const fs::path& given, Occupied occupied) {
  // A trailing slash would leave no name.
  auto name = fs::absolute(given).lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  std::error_code error;
  const auto status = fs::status(name, error);
  if (fs::exists(status) && !fs::is_directory(status)) {
    throw UserError{fmt::format("{} is no directory: name a new one", given.string())};
  }
  if (fs::exists(status) && occupied == Occupied::refused && !fs::is_empty(name)) {
    throw UserError{
        fmt::format("the directory {} is not empty: name a new one, or empty it", given.string())};
  }
  if (!fs::is_directory(name.parent_path(), error)) {
    throw UserError{fmt::format("{} cannot be made: the directory {} does not exist",
                                given.string(), name.parent_path().string())};
  }
  return name;
}

}  // namespace

NewDirectory::NewDirectory(fs::path name, Occupied occupied)
    : name_{checked(name, occupied)},
      work_{name_.parent_path(), fmt::format(".{}.iibd-work-", name_.filename().string())} {}

void NewDirectory::keep() {
  std::error_code error;
  // Into an empty directory a directory may be renamed; what is replaced goes with the work.
  const auto old = work_.path() / "old";
  const bool replaces = fs::exists(name_) && !fs::is_empty(name_);
  if (replaces) fs::rename(name_, old, error);
  if (error) fail(name_, error);
  fs::rename(path(), name_, error);
  if (!error) return;
  std::error_code ignored;
  if (replaces) fs::rename(old, name_, ignored);  // it is the user's, and must not go with the work
  fail(name_, error);
}

void copy_directory(const fs::path& from, const fs::path& to, const Cancellation& cancellation) {
  std::error_code error;
  fs::create_directory(to, from, error);
  for (fs::recursive_directory_iterator entry{from, error};
       !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
    cancellation.check("copying the catalog");
    const auto target = to / entry->path().lexically_relative(from);
    if (entry->is_directory() && !entry->is_symlink()) {
      fs::create_directory(target, entry->path(), error);
    } else {
      fs::copy(entry->path(), target, fs::copy_options::copy_symlinks, error);
    }
    if (error) break;
  }
  if (!error) return;
  throw ExternalError{
      fmt::format("the catalog cannot be copied to {}: {}; look for free space there",
                  to.parent_path().parent_path().string(), error.message()),
      ExternalError::Retry::no};
}

}  // namespace iib::cli
