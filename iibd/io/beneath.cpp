#include "io/beneath.hpp"

#include "iib/base/error.hpp"

#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace iib::io {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr mode_t kDirectoryMode = 0755;
constexpr mode_t kFileMode = 0644;

PathNames parent_of(const PathNames& path) {
  return {path.begin(), path.empty() ? path.end() : path.end() - 1};
}

}  // namespace

Beneath::Beneath(const std::filesystem::path& root)
    : name_{root}, root_{::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
  if (!root_.is_open()) fail({}, "opened");
}

void Beneath::fail(const PathNames& path, std::string_view action) const {
  const int code = errno;
  throw ExternalError{fmt::format("{} cannot be {}: {}", (name_ / join(path)).string(), action,
                                  std::generic_category().message(code)),
                      ExternalError::Retry::no};
}

Descriptor Beneath::open_directory(const PathNames& path) const {
  Descriptor current{::openat(root_.get(), ".", kDirectory)};
  for (const auto& name : path) {
    if (!current.is_open()) break;
    current = Descriptor{::openat(current.get(), name.c_str(), kDirectory)};
  }
  const bool absent = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
  if (!current.is_open() && !absent) fail(path, "opened");
  return current;
}

Descriptor Beneath::open_parent(const PathNames& path) const {
  auto parent = open_directory(parent_of(path));
  if (!parent.is_open()) fail(path, "reached");
  return parent;
}

std::optional<struct ::stat> Beneath::look(const PathNames& path) const {
  if (path.empty()) return std::nullopt;
  const auto parent = open_directory(parent_of(path));
  struct ::stat found {};
  if (!parent.is_open() ||
      ::fstatat(parent.get(), path.back().c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
    return std::nullopt;
  }
  return found;
}

bool Beneath::make_directories(const PathNames& path) const {
  Descriptor current{::openat(root_.get(), ".", kDirectory)};
  if (!current.is_open()) fail({}, "opened");
  for (const auto& name : path) {
    const bool made = ::mkdirat(current.get(), name.c_str(), kDirectoryMode) == 0;
    if (!made && errno != EEXIST) fail(path, "created");
    current = Descriptor{::openat(current.get(), name.c_str(), kDirectory)};
    if (!current.is_open()) return false;
    if (made && ::fchmod(current.get(), kDirectoryMode) != 0) fail(path, "given its mode");
  }
  return true;
}

void Beneath::permit(const PathNames& path, unsigned mode) const {
  const auto directory = open_directory(path);
  if (!directory.is_open() || ::fchmod(directory.get(), mode) != 0) fail(path, "given its mode");
}

Descriptor Beneath::create_file(const PathNames& path) const {
  const auto parent = open_parent(path);
  Descriptor file{::openat(parent.get(), path.back().c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode)};
  if (!file.is_open()) fail(path, "created");
  return file;
}

void Beneath::create_link(const PathNames& path, const std::string& target) const {
  const auto parent = open_parent(path);
  if (::symlinkat(target.c_str(), parent.get(), path.back().c_str()) != 0) fail(path, "created");
}

std::string Beneath::read_link(const PathNames& path) const {
  const auto parent = open_parent(path);
  std::string target(PATH_MAX, '\0');
  const ssize_t length =
      ::readlinkat(parent.get(), path.back().c_str(), target.data(), target.size());
  if (length < 0) fail(path, "read");
  target.resize(static_cast<std::size_t>(length));
  return target;
}

void Beneath::link(const PathNames& existing, const PathNames& path) const {
  const auto from = open_parent(existing);
  const auto to = open_parent(path);
  if (::linkat(from.get(), existing.back().c_str(), to.get(), path.back().c_str(), 0) != 0) {
    fail(path, "linked");
  }
}

std::vector<std::string> Beneath::list(const PathNames& path) const {
  auto directory = open_directory(path);
  if (!directory.is_open()) return {};
  const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(::dup(directory.get())), ::closedir};
  if (!stream) fail(path, "listed");
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name{static_cast<const char*>(entry->d_name)};
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

void Beneath::remove(const PathNames& path, const std::set<PathNames>& kept) const {
  const auto found = look(path);
  if (!found) return;
  const auto first_kept = kept.lower_bound(path);  // in this order what lies below follows at once
  const bool keeps_some = first_kept != kept.end() && is_at_or_below(*first_kept, path);
  const bool folder = S_ISDIR(found->st_mode);
  if (folder) {
    for (const auto& name : list(path)) {
      auto child = path;
      child.push_back(name);
      remove(child, kept);
    }
  }
  if (keeps_some) return;
  const auto parent = open_parent(path);
  if (::unlinkat(parent.get(), path.back().c_str(), folder ? AT_REMOVEDIR : 0) != 0) {
    fail(path, "removed");
  }
}

}  // namespace iib::io
