#include "cli/interruption.hpp"

namespace iib::cli {
namespace {

/// Sent to the watching thread alone, to end it.
constexpr int kWakeUp = SIGUSR2;

bool is_ignored(int number) {
  struct sigaction current {};
  return ::sigaction(number, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

}  // namespace

Interruption::Interruption() {
  ::sigemptyset(&awaited_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(number)) ::sigaddset(&awaited_, number);
  }
  ::sigaddset(&awaited_, kWakeUp);
  ::pthread_sigmask(SIG_BLOCK, &awaited_, &before_);
  // A reader of our output that goes away is noticed when writing.
  ::signal(SIGPIPE, SIG_IGN);
  watcher_ = std::jthread{[this](const std::stop_token& ended) {
    int received = 0;
    while (!ended.stop_requested()) {
      if (::sigwait(&awaited_, &received) == 0 && received != kWakeUp) stop_.request_stop();
    }
  }};
}

Interruption::~Interruption() {
  watcher_.request_stop();
  ::pthread_kill(watcher_.native_handle(), kWakeUp);
  watcher_.join();
  // A signal that came too late for the work is served now: what was temporary is gone already.
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace iib::cli
