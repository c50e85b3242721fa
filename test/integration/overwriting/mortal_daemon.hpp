#pragma once

#include "daemon.hpp"

#include <functional>
#include <optional>
#include <shared_mutex>
#include <string>

namespace iib::test {

/// A daemon that dies and comes back while several threads talk to it.
class MortalDaemon {
 public:
  /// Starts it.
  MortalDaemon(const std::filesystem::path& state, const std::string& configuration);

  /// What `call` gets of the daemon; nothing when that is dead, or dies meanwhile.
  [[nodiscard]] std::optional<Answer> call(const std::function<Answer(const Daemon&)>& call);
  /// SIGKILL in the middle of all calls, and another life. To be called from one thread only.
  void die_and_return();
  /// SIGTERM; gives the exit status.
  int stop();
  [[nodiscard]] std::string log() const { return daemon_.log(); }

 private:
  /// Held by calls, and for itself while the port changes.
  std::shared_mutex living_;
  Daemon daemon_;
};

}  // namespace iib::test
