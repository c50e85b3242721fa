#pragma once

#include "iib/base/guarded.hpp"
#include "iib/base/id.hpp"

#include <cstdint>
#include <map>
#include <memory>

namespace iib::task {

struct LookupCache;

/// What images that bundles name were found to be: each batch has a cache that its requests share
/// (pipeline 6.4), so that bundles with the same images ask a registry once. Safe to share between
/// threads.
class SharedLookups {
 public:
  SharedLookups();
  SharedLookups(const SharedLookups&) = delete;
  SharedLookups& operator=(const SharedLookups&) = delete;
  ~SharedLookups();

  /// The cache of `batch`. That of a batch which nobody works on is forgotten when those of several
  /// others were asked for since.
  [[nodiscard]] std::shared_ptr<LookupCache> of_batch(BatchId batch);

 private:
  struct Used {
    std::shared_ptr<LookupCache> cache;
    std::uint64_t turn = 0;
  };
  struct State {
    std::map<std::int64_t, Used> batches;
    std::uint64_t turn = 0;
  };
  Guarded<State> state_;
};

}  // namespace iib::task
