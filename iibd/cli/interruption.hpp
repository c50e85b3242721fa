#pragma once

#include "iib/base/cancellation.hpp"

#include <csignal>
#include <stop_token>
#include <thread>

namespace iib::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a cancellation while it lives, so that a command ends in
/// order and leaves nothing behind. A signal that whoever started us ignores (nohup, a job in the
/// background) stays ignored. Made before any other thread: they inherit which signals are blocked.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  /// Ends when such a signal comes.
  [[nodiscard]] Cancellation cancellation() const { return Cancellation{stop_.get_token()}; }

 private:
  sigset_t awaited_{};
  sigset_t before_{};
  std::stop_source stop_;
  std::jthread watcher_;
};

}  // namespace iib::cli
