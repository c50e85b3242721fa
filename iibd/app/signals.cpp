#include "signals.hpp"

#include <csignal>

namespace iib::app {
namespace {

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

Signals::Signals() {
  const auto set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A client that goes away while we write is an ordinary error of that connection.
  signal(SIGPIPE, SIG_IGN);
}

Signals::Received Signals::wait() {
  const auto set = our_signals();
  int received = 0;
  while (sigwait(&set, &received) != 0) {
  }
  switch (received) {
    case SIGHUP:
      return {Order::reload, "SIGHUP"};
    case SIGINT:
      return {Order::stop, "SIGINT"};
    default:
      return {Order::stop, "SIGTERM"};
  }
}

}  // namespace iib::app
