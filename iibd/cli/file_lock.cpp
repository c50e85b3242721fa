#include "cli/file_lock.hpp"

#include "iib/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

namespace iib::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenTries{50};

ExternalError not_locked(const std::string& subject, const std::filesystem::path& lock, int code) {
  return ExternalError{fmt::format("{} cannot be locked, which is needed to change it: {}: {}",
                                   subject, lock.string(), std::generic_category().message(code)),
                       ExternalError::Retry::no};
}

/// Whether `opened` is still what `path` names: the one before us removes its lock file.
bool is_current(int opened, const std::filesystem::path& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(opened, &ours) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

}  // namespace

FileLock::FileLock(std::filesystem::path path, const std::string& subject,
                   const Cancellation& cancellation, Console& console)
    : path_{std::move(path)} {
  const auto what = fmt::format("waiting for another iibd that changes {}", subject);
  for (bool told = false; !try_lock(subject); told = true) {
    if (!told) console.write(LogLevel::info, "catalog", what);
    cancellation.sleep(kBetweenTries, what);
  }
}

FileLock::~FileLock() {
  ::unlink(path_.c_str());  // while it is held, or it might be somebody else's already
  ::close(lock_);
}

bool FileLock::try_lock(const std::string& subject) {
  constexpr mode_t kReadable = 0644;  // or another user could not wait for us
  const int opened = ::open(path_.c_str(), O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kReadable);
  if (opened < 0) throw not_locked(subject, path_, errno);
  if (::flock(opened, LOCK_EX | LOCK_NB) == 0) {
    if (is_current(opened, path_)) {
      lock_ = opened;
      return true;
    }
  } else if (const int code = errno; code != EWOULDBLOCK && code != EINTR) {
    ::close(opened);
    throw not_locked(subject, path_, code);
  }
  ::close(opened);
  return false;
}

}  // namespace iib::cli
