#include "cli/replaced_file.hpp"

#include "iib/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;

std::string system_message(int code) {
  return std::generic_category().message(code);
}

ExternalError not_changed(const fs::path& path, int code) {
  return ExternalError{fmt::format("{} cannot be written: {}", path.string(), system_message(code)),
                       ExternalError::Retry::no};
}

/// What `name` leads to, which need not exist.
fs::path follow_links(const fs::path& name) {
  constexpr int kMostLinks = 40;  // as the kernel has it
  fs::path path = name;
  for (int links = 0; fs::is_symlink(fs::symlink_status(path)); ++links) {
    if (links == kMostLinks) {
      throw UserError{fmt::format("{} is a symbolic link that leads in circles", name.string())};
    }
    path = path.parent_path() / fs::read_symlink(path);  // an absolute target replaces the whole
  }
  return path;
}

/// The directory of `path`, which must be there.
fs::path directory_of(const fs::path& path) {
  const auto parent = path.has_parent_path() ? path.parent_path() : fs::path{"."};
  std::error_code error;
  auto directory = fs::canonical(parent, error);
  if (!error && fs::is_directory(directory)) return directory;
  throw UserError{fmt::format("{} cannot be written: there is no directory {}; make it first",
                              path.string(), parent.string())};
}

std::optional<struct stat> stat_of(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return found;
  if (errno == ENOENT) return std::nullopt;
  throw not_changed(path, errno);
}

bool is_same(const struct stat& left, const struct stat& right) {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino &&
         left.st_size == right.st_size && left.st_mtim.tv_sec == right.st_mtim.tv_sec &&
         left.st_mtim.tv_nsec == right.st_mtim.tv_nsec;
}

/// SQLite would take a journal beside the new file for the new file's own.
void refuse_journals(const fs::path& path) {
  for (const auto* suffix : {"-journal", "-wal"}) {
    auto journal = path;
    journal += suffix;
    std::error_code absent;
    if (const auto size = fs::file_size(journal, absent); absent || size == 0) continue;
    throw UserError{fmt::format(
        "{} is being written by another program, or one died while writing it: {} is there; wait "
        "for that program, or open the database once with sqlite3, which completes it",
        path.string(), journal.string())};
  }
}

mode_t mode_of_new_files() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  constexpr mode_t kReadWrite = 0666;
  return kReadWrite & ~mask;
}

void sync(const fs::path& path, int flags) {
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  const int failure = opened < 0 || ::fsync(opened) != 0 ? errno : 0;
  if (opened >= 0) ::close(opened);
  if (failure != 0) throw not_changed(path, failure);
}

}  // namespace

ReplacedFile::ReplacedFile(const fs::path& name, const Cancellation& cancellation, Console& console)
    : given_{name} {
  const auto followed = follow_links(name);
  if (!followed.has_filename()) {
    throw UserError{fmt::format("{} is no name of a file", name.string())};
  }
  directory_ = directory_of(followed);
  path_ = directory_ / followed.filename();
  lock_.emplace(directory_ / fmt::format(".{}.iibd-lock", path_.filename().string()), name.string(),
                cancellation, console);
  look();
  sweep();
}

std::string ReplacedFile::work_prefix() const {
  return fmt::format(".{}.iibd-work-", path_.filename().string());
}

void ReplacedFile::look() {
  before_ = stat_of(path_);
  if (!before_) return;
  if (!S_ISREG(before_->st_mode)) {
    throw UserError{
        fmt::format("{} is no regular file: name the file of an index database", given_.string())};
  }
  if (::access(path_.c_str(), W_OK) != 0) {
    throw UserError{
        fmt::format("{} cannot be changed: {}", given_.string(), system_message(errno))};
  }
}

void ReplacedFile::sweep() const {
  const auto prefix = work_prefix();
  std::error_code ignored;  // what cannot be removed now is tried again the next time
  for (const auto& entry : fs::directory_iterator{directory_, ignored}) {
    if (entry.path().filename().string().starts_with(prefix)) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

void ReplacedFile::replace(const fs::path& replacement) {
  refuse_journals(path_);
  const auto now = stat_of(path_);
  if (now.has_value() != before_.has_value() || (now && !is_same(*now, *before_))) {
    throw UserError{fmt::format(
        "{} was changed by another program meanwhile; nothing was written: run the command again",
        given_.string())};
  }
  constexpr mode_t kPermissions = 07777;
  const auto mode = before_ ? before_->st_mode & kPermissions : mode_of_new_files();
  // Only root may give files away; whoever else replaces a file of others becomes its owner.
  if (before_ && ::chown(replacement.c_str(), before_->st_uid, before_->st_gid) != 0 &&
      errno != EPERM) {
    throw not_changed(given_, errno);
  }
  if (::chmod(replacement.c_str(), mode) != 0) throw not_changed(given_, errno);
  sync(replacement, 0);
  if (::rename(replacement.c_str(), path_.c_str()) != 0) throw not_changed(given_, errno);
  sync(directory_, O_DIRECTORY);
}

}  // namespace iib::cli
