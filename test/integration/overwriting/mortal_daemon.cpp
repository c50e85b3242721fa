#include "mortal_daemon.hpp"

#include <mutex>
#include <stdexcept>

namespace iib::test {

MortalDaemon::MortalDaemon(const std::filesystem::path& state, const std::string& configuration)
    : daemon_{state, configuration} {
  daemon_.start();
}

std::optional<Answer> MortalDaemon::call(const std::function<Answer(const Daemon&)>& call) {
  const std::shared_lock lock{living_};
  try {
    return call(daemon_);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

void MortalDaemon::die_and_return() {
  daemon_.kill();  // not under the lock: it is to hit calls
  const std::unique_lock lock{living_};
  daemon_.start();
}

int MortalDaemon::stop() {
  return daemon_.stop();
}

}  // namespace iib::test
