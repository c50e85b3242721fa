#pragma once

#include <unistd.h>

#include <utility>

namespace iib::io {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_{fd} {}
  Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
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

}  // namespace iib::io
