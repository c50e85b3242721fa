#include "signals.hpp"

#include <csignal>

namespace iib::app {
namespace {

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const auto set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A client that goes away while we write is an ordinary error of that connection.
  signal(SIGPIPE, SIG_IGN);
}

int StopSignals::wait() {
  const auto set = stop_set();
  int received = 0;
  while (sigwait(&set, &received) != 0) {
  }
  return received;
}

}  // namespace iib::app
