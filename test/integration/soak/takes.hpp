#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace iib::test {

/// Which jobs the daemon's log says were taken, over all its lives: shows that none ran twice at
/// once.
class Takes {
 public:
  /// Reads the log of one life, the next one. Gives what it shows that must not be.
  std::vector<std::string> read_life(std::string_view log);

 private:
  /// The claim of each request that was noted last.
  std::map<std::int64_t, std::int64_t> last_claims_;
};

}  // namespace iib::test
