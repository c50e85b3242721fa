#include "catalog/fbc/tree.hpp"

#include "iib/base/error.hpp"
#include "iib/base/link_or_copy.hpp"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

constexpr auto kDirectoryMode = static_cast<fs::perms>(0755);
constexpr auto kFileMode = static_cast<fs::perms>(0644);

[[noreturn]] void fail(const fs::path& path, std::string_view action,
                       const std::error_code& error) {
  throw ExternalError{fmt::format("{} cannot be {}: {}", path.string(), action, error.message()),
                      ExternalError::Retry::no};
}

void check(const std::error_code& error, const fs::path& path, std::string_view action) {
  if (error) fail(path, action, error);
}

/// What is in the way of a file: another file or link, or a directory.
void clear(const fs::path& path) {
  static_cast<void>(remove_tree(path));
}

/// What a directory lets its owner do is no part of a catalog, and is needed to change it.
void copy_mode(const fs::file_status& status, const fs::path& to) {
  std::error_code error;
  fs::permissions(to, status.permissions() | fs::perms::owner_all, error);
  check(error, to, "made");
}

void place(const fs::directory_entry& entry, const fs::path& to) {
  std::error_code error;
  const auto status = entry.symlink_status(error);
  check(error, entry.path(), "read");
  if (fs::is_directory(status)) {
    if (!fs::is_directory(fs::symlink_status(to, error))) {
      clear(to);
      fs::create_directory(to, error);
      check(error, to, "made");
    }
    copy_mode(status, to);
    return;
  }
  clear(to);
  if (fs::is_symlink(status)) {
    fs::copy_symlink(entry.path(), to, error);
    check(error, to, "written");
  } else {
    link_or_copy(entry.path(), to);
  }
}

}  // namespace

void clone_tree(const fs::path& from, const fs::path& to, const Cancellation& cancellation) {
  make_directory(to);
  std::error_code error;
  const auto status = fs::status(from, error);
  check(error, from, "read");
  copy_mode(status, to);
  lay_over(from, to, cancellation);
}

void lay_over(const fs::path& from, const fs::path& to, const Cancellation& cancellation) {
  std::error_code error;
  fs::recursive_directory_iterator entry{from, error};
  check(error, from, "read");
  for (const fs::recursive_directory_iterator end; entry != end; entry.increment(error)) {
    cancellation.check("copying the catalog");
    place(*entry, to / entry->path().lexically_relative(from));
  }
  check(error, from, "read");
}

fs::path inside(const fs::path& root, const fs::path& name) {
  auto path = root;
  for (const auto& part : name.parent_path()) {
    path /= part;
    std::error_code error;
    const auto status = fs::symlink_status(path, error);
    if (!fs::exists(status) || fs::is_directory(status)) continue;
    throw UserError{
        fmt::format("{} of the catalog is no directory, so {} cannot be in it: make it "
                    "one",
                    path.lexically_relative(root).string(), name.string())};
  }
  return root / name;
}

bool remove_tree(const fs::path& path) {
  std::error_code error;
  const auto count = fs::remove_all(path, error);
  check(error, path, "removed");
  return count > 0;
}

void make_directory(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return;
  if (path.has_parent_path() && path.parent_path() != path) make_directory(path.parent_path());
  fs::create_directory(path, error);
  check(error, path, "made");
  fs::permissions(path, kDirectoryMode, error);
  check(error, path, "made");
}

void replace_file(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  make_directory(path.parent_path());
  auto beside = fs::path{path} += ".new";
  while (fs::exists(fs::symlink_status(beside))) beside += "~";  // a file of the catalog itself
  std::ofstream file{beside, std::ios::binary};
  if (file) write(file);
  file.close();
  std::error_code error;
  if (!file) fail(path, "written", std::make_error_code(std::errc::io_error));
  fs::permissions(beside, kFileMode, error);
  check(error, path, "written");
  fs::rename(beside, path, error);
  check(error, path, "written");
}

}  // namespace iib::catalog::fbc
