#include "task/layer_base.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

namespace iib::task {
namespace {

using Catch::Matchers::Contains;
using Sizes = std::vector<std::uint64_t>;

constexpr std::uint64_t kMiB = 1U << 20U;
/// An index that has lost nothing.
constexpr std::uint64_t kAll = 400 * kMiB;

}  // namespace

TEST_CASE("layers may stay while those beside the largest are smaller than it", "[task]") {
  CHECK(obstacle_of_layers(Sizes{}, kAll).empty());
  CHECK(obstacle_of_layers(Sizes{0}, kAll).empty());
  CHECK(obstacle_of_layers(Sizes{30 * kMiB, 10 * kMiB, 20 * kMiB}, kAll).empty());
  CHECK_THAT(obstacle_of_layers(Sizes{30 * kMiB, 10 * kMiB, 20 * kMiB + 1}, kAll),
             Contains("31457281 bytes") && Contains("31457280"));
  CHECK(obstacle_of_layers(Sizes{100, 30 * kMiB, 10 * kMiB}, kAll).empty());
}

TEST_CASE("layers of few bytes may stay until they are many", "[task]") {
  CHECK(obstacle_of_layers(Sizes{100, kMiB / 2, kMiB / 2}, kAll).empty());
  CHECK_FALSE(obstacle_of_layers(Sizes{kMiB / 2, kMiB / 2, kMiB / 2, 1}, kAll).empty());
  CHECK(obstacle_of_layers(Sizes(29, 1), kAll).empty());
  CHECK_THAT(obstacle_of_layers(Sizes(30, 1), kAll), Contains("30 layers"));
}

TEST_CASE("layers become one when what is left of the index is less than what they hold",
          "[task]") {
  const Sizes shrunk{30 * kMiB, 100, 100, 100};
  CHECK(obstacle_of_layers(shrunk, 40 * kMiB).empty());
  CHECK(obstacle_of_layers(shrunk, 31 * kMiB).empty());
  CHECK_THAT(obstacle_of_layers(shrunk, 29 * kMiB),
             Contains("31457580 bytes, and") && Contains("30408704 are left"));
  CHECK_FALSE(obstacle_of_layers(shrunk, 0).empty());
  CHECK(obstacle_of_layers(Sizes{kMiB, 0}, 0).empty());
  CHECK_FALSE(obstacle_of_layers(Sizes{kMiB, 1}, 0).empty());
}

TEST_CASE("an index that loses most of its bytes is no base", "[task]") {
  CHECK(obstacle_of_removal(0, 0).empty());
  CHECK(obstacle_of_removal(kMiB, 0).empty());
  CHECK_FALSE(obstacle_of_removal(kMiB + 1, 0).empty());
  CHECK(obstacle_of_removal(450 * kMiB, 225 * kMiB).empty());
  CHECK_THAT(obstacle_of_removal(450 * kMiB, 225 * kMiB - 1),
             Contains("471859200 bytes") && Contains("235929599 are left"));
  CHECK(obstacle_of_removal(kMiB, 450 * kMiB).empty());
}

}  // namespace iib::task
