#pragma once

namespace iib::app {

/// What a signal asks of the daemon.
enum class Order { stop, reload };

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and in those it starts, and ignores SIGPIPE, so
/// that one place waits for them. Made before the first thread.
class Signals {
 public:
  /// An order, and the signal's name for the log.
  struct Received {
    Order order;
    const char* name;
  };

  Signals();
  /// Waits for the next order.
  Received wait();
};

}  // namespace iib::app
