#include "state_directory.hpp"

#include "iib/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace iib::app {
namespace {

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  // The databases and logs inside are nobody else's business; an operator's own modes stay.
  if (!error && made) {
    std::filesystem::permissions(folder, std::filesystem::perms{0750}, error);
  }
  if (error) {
    throw ExternalError{
        fmt::format("folder {} cannot be made: {}; check iib_state_dir and its owner",
                    folder.string(), error.message()),
        ExternalError::Retry::no};
  }
}

std::string holder_of(int lock_file) {
  std::array<char, 32> pid{};
  const auto got = ::pread(lock_file, pid.data(), pid.size() - 1, 0);
  return got > 0 ? std::string{pid.data(), static_cast<std::size_t>(got)} : "unknown";
}

}  // namespace

StateDirectory::StateDirectory(const std::filesystem::path& path)
    : path_{std::filesystem::absolute(path).lexically_normal()} {
  for (const auto& folder : {path_, work(), programs(), containers(), artifacts()}) {
    make_folder(folder);
  }
  lock();
}

StateDirectory::~StateDirectory() {
  ::close(lock_file_);
}

void StateDirectory::lock() {
  const auto name = path_ / "lock";
  lock_file_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (lock_file_ < 0) {
    throw ExternalError{fmt::format("{} cannot be opened: {}; check the owner of iib_state_dir",
                                    name.string(), std::generic_category().message(errno)),
                        ExternalError::Retry::no};
  }
  if (::flock(lock_file_, LOCK_EX | LOCK_NB) != 0) {
    const auto holder = holder_of(lock_file_);
    ::close(lock_file_);
    throw UserError{
        fmt::format("state directory {} is in use by the iibd with pid {}: stop that one "
                    "or choose another iib_state_dir",
                    path_.string(), holder)};
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(lock_file_, 0) != 0 ||
      ::pwrite(lock_file_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    const int code = errno;
    ::close(lock_file_);
    throw ExternalError{fmt::format("{} cannot be written: {}", name.string(),
                                    std::generic_category().message(code)),
                        ExternalError::Retry::no};
  }
}

void StateDirectory::sweep() const {
  std::error_code ignored;  // what cannot be removed now is tried again at the next start
  for (const auto& entry : std::filesystem::directory_iterator{work(), ignored}) {
    std::filesystem::remove_all(entry.path(), ignored);
  }
}

std::string StateDirectory::owner() const {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host.front() = '\0';
  return fmt::format("{}:{}", host.data(), path_.string());
}

}  // namespace iib::app
