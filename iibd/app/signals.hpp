#pragma once

namespace iib::app {

/// Blocks SIGTERM and SIGINT in this thread and in those it starts, and ignores SIGPIPE, so
/// that one place waits for them. Made before the first thread.
class StopSignals {
 public:
  StopSignals();
  /// Waits for SIGTERM or SIGINT; gives which.
  int wait();
};

}  // namespace iib::app
