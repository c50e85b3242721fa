#pragma once

#include "iib/base/descriptor.hpp"
#include "loopback.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace iib::test {

/// A distance between a registry and its clients: every byte toward the registry arrives later,
/// the answers come at once, so that each request waits `latency` for its answer. Connections stay
/// open, and what follows on one another travels together.
class DelayProxy {
 public:
  /// Listens on a port of loopback.
  DelayProxy(int registry_port, std::chrono::milliseconds latency);
  DelayProxy(const DelayProxy&) = delete;
  DelayProxy& operator=(const DelayProxy&) = delete;
  ~DelayProxy();

  /// `127.0.0.1:port`.
  [[nodiscard]] std::string address() const;

 private:
  void serve();
  void pass(Descriptor client) const;

  int registry_port_;
  std::chrono::milliseconds latency_;
  OwnPort port_;
  Descriptor stop_;
  std::vector<std::jthread> connections_;  // used by acceptor_ alone, until it has ended
  std::jthread acceptor_;
};

}  // namespace iib::test
