#pragma once

#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace iib {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  /// Nothing to close.
  Descriptor() = default;
  /// Takes `fd`; -1 is none.
  explicit Descriptor(int fd) noexcept : fd_{fd} {}
  /// Takes it away from `other`.
  Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  /// Closes its own first.
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  /// The number, or -1.
  [[nodiscard]] int get() const noexcept { return fd_; }
  /// Whether there is something to close.
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  /// Gives it away, to be closed by another.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  /// Closes it now.
  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

/// Writes all of `bytes`, in as many pieces as it takes. False with errno set when it cannot.
[[nodiscard]] inline bool write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace iib
