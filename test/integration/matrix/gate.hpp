#pragma once

#include "fault_proxy.hpp"

#include <memory>
#include <optional>
#include <string>

namespace iib::test {

/// The request to the registry by which a step is known.
struct Mark {
  std::string method;
  std::string path;     ///< A part of the request's path; a blank stands for its end.
  std::string after{};  ///< Only after a PUT to this path was seen; empty: at once.
};

/// Holds the first request that bears a mark, until the test has done what it wants, and then lets
/// it meet what the test wants.
class Gate {
 public:
  Gate(FaultProxy& proxy, Mark mark);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  /// Opens it; requests pass from now on.
  ~Gate();

  /// Whether a request is held, or was.
  [[nodiscard]] bool reached() const;
  /// Lets the request go on, with `fault` or without.
  void open(std::optional<Fault> fault = std::nullopt);
  /// From now on the registry is gone for all requests but the held one.
  void take_registry_away();
  void bring_registry_back();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace iib::test
