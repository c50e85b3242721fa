#pragma once

#include "iib/base/guarded.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace iib::web {

/// Who follows logs and events at the moment: bounded, so that answers without an end leave room
/// for others. Safe to use from any thread.
class Followers {
 public:
  /// A place, given back on destruction.
  using Place = std::shared_ptr<const void>;

  /// At most `most` at once, and `most_of_one` of them from one client.
  Followers(std::size_t most, std::size_t most_of_one)
      : most_{most}, most_of_one_{most_of_one}, counts_{std::make_shared<Counts>()} {}

  /// Takes a place for `client`; null when there is none. An empty `client` stands for those who
  /// cannot be told apart, and is bounded by the total alone.
  [[nodiscard]] Place enter(const std::string& client);

 private:
  using Counts = Guarded<std::map<std::string, std::size_t>>;

  const std::size_t most_;
  const std::size_t most_of_one_;
  /// Shared with the places.
  const std::shared_ptr<Counts> counts_;
};

}  // namespace iib::web
