#pragma once

#include "iib/base/guarded.hpp"
#include "iib/model/digest.hpp"
#include "iib/model/image_reference.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace iib::image {

/// Which blobs repositories were seen to have lately. A registry may have removed one since (Quay
/// does with what no manifest names, after an hour): who relies on this must be ready to put them
/// there again. Holds no rights: writing the manifest needs them. Safe to use from any thread.
class KnownBlobs {
 public:
  /// Where "now" comes from, for tests.
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  explicit KnownBlobs(Now now = std::chrono::steady_clock::now) : now_{std::move(now)} {}

  /// Whether the repository of `destination` had the blob a few minutes ago.
  [[nodiscard]] bool has(const model::ImageReference& destination, const model::Digest& blob);
  /// Remembers that it has it now.
  void note(const model::ImageReference& destination, const model::Digest& blob);
  /// Nothing is known any more of this one.
  void forget(const model::ImageReference& destination, const model::Digest& blob);

 private:
  using Key = std::pair<std::string, std::string>;
  Now now_;
  /// When each was seen.
  Guarded<std::map<Key, std::chrono::steady_clock::time_point>> seen_;
};

}  // namespace iib::image
