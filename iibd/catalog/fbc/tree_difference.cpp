#include "iib/base/error.hpp"
#include "iib/catalog/fbc_changes.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

struct Entry {
  fs::path path;
  struct ::stat status {};
};

/// What is below `root`, by name relative to it.
std::map<std::string, Entry> entries_of(const fs::path& root) {
  std::map<std::string, Entry> entries;
  std::error_code error;
  fs::recursive_directory_iterator each{root, error};
  for (const fs::recursive_directory_iterator end; !error && each != end; each.increment(error)) {
    Entry entry{.path = each->path()};
    if (::lstat(entry.path.c_str(), &entry.status) != 0) {
      error = {errno, std::generic_category()};
      break;
    }
    entries.emplace(entry.path.lexically_relative(root).generic_string(), std::move(entry));
  }
  if (error) {
    throw ExternalError{fmt::format("{} cannot be read: {}", root.string(), error.message()),
                        ExternalError::Retry::no};
  }
  return entries;
}

bool is_directory(const Entry& entry) {
  return S_ISDIR(entry.status.st_mode);
}

std::uint64_t bytes_of(const Entry& entry) {
  return S_ISREG(entry.status.st_mode) ? static_cast<std::uint64_t>(entry.status.st_size) : 0;
}

/// Whether two files are the same to whoever reads them.
bool same(const Entry& before, const Entry& after) {
  if (before.status.st_mode != after.status.st_mode) return false;
  if (before.status.st_dev == after.status.st_dev && before.status.st_ino == after.status.st_ino) {
    return true;
  }
  if (S_ISLNK(after.status.st_mode)) {
    return fs::read_symlink(before.path) == fs::read_symlink(after.path);
  }
  if (!S_ISREG(after.status.st_mode)) return false;
  return before.status.st_size == after.status.st_size && same_bytes(before.path, after.path);
}

}  // namespace

bool same_bytes(const fs::path& a, const fs::path& b) {
  std::ifstream one{a, std::ios::binary};
  std::ifstream other{b, std::ios::binary};
  std::array<char, 1UL << 16U> left{};
  std::array<char, 1UL << 16U> right{};
  while (one && other) {
    one.read(left.data(), left.size());
    other.read(right.data(), right.size());
    const std::string_view from{left.data(), static_cast<std::size_t>(one.gcount())};
    const std::string_view to{right.data(), static_cast<std::size_t>(other.gcount())};
    if (from != to) return false;
  }
  return one.eof() && other.eof();
}

TreeDifference compare_trees(const fs::path& before, const fs::path& after) {
  const auto old = entries_of(before);
  const auto now = entries_of(after);
  TreeDifference difference;
  for (const auto& [name, entry] : now) {
    if (is_directory(entry)) continue;
    difference.bytes_after += bytes_of(entry);
    const auto found = old.find(name);
    if (found == old.end() || !same(found->second, entry)) difference.written.push_back(name);
  }
  std::set<std::string> gone;
  for (const auto& [name, entry] : old) {
    difference.bytes_before += bytes_of(entry);
    const auto found = now.find(name);
    // A file in place of a directory is written, and what was in the directory goes with it.
    const bool replaced = found != now.end() && is_directory(entry) && !is_directory(found->second);
    if (found != now.end() && !replaced) continue;
    const auto slash = name.rfind('/');
    const bool told = slash != std::string::npos && gone.contains(name.substr(0, slash));
    if (is_directory(entry)) gone.insert(name);
    if (!told && !replaced) difference.removed.push_back(name);
  }
  return difference;
}

}  // namespace iib::catalog::fbc
