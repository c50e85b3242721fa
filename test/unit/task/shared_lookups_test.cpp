#include "iib/task/shared_lookups.hpp"

#include "task/lookup_cache.hpp"

#include <catch2/catch.hpp>

using namespace iib;
using namespace iib::task;

TEST_CASE("the requests of a batch share a cache, those of another do not", "[shared lookups]") {
  SharedLookups lookups;
  const auto first = lookups.of_batch(BatchId{1});

  CHECK(lookups.of_batch(BatchId{1}) == first);
  CHECK(lookups.of_batch(BatchId{2}) != first);
}

TEST_CASE("batches that nobody works on are forgotten, the oldest first", "[shared lookups]") {
  SharedLookups lookups;
  const std::weak_ptr<LookupCache> idle = lookups.of_batch(BatchId{1});
  const auto used = lookups.of_batch(BatchId{2});
  CHECK_FALSE(idle.expired());  // its next request may come

  for (int batch = 3; batch < 50; ++batch) static_cast<void>(lookups.of_batch(BatchId{batch}));

  CHECK(idle.expired());
  CHECK(lookups.of_batch(BatchId{2}) == used);
}
