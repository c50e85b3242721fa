#include "task/layer_base.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

namespace iib::task {
namespace {

using Catch::Matchers::Contains;
using Sizes = std::vector<std::uint64_t>;

constexpr std::uint64_t kMiB = 1U << 20U;

}  // namespace

TEST_CASE("layers may stay while those beside the largest are smaller than it", "[task]") {
  CHECK(obstacle_of_layers(Sizes{}).empty());
  CHECK(obstacle_of_layers(Sizes{0}).empty());
  CHECK(obstacle_of_layers(Sizes{30 * kMiB, 10 * kMiB, 20 * kMiB}).empty());
  CHECK_THAT(obstacle_of_layers(Sizes{30 * kMiB, 10 * kMiB, 20 * kMiB + 1}),
             Contains("31457281 bytes") && Contains("31457280"));
  CHECK(obstacle_of_layers(Sizes{100, 30 * kMiB, 10 * kMiB}).empty());
}

TEST_CASE("layers of few bytes may stay until they are many", "[task]") {
  CHECK(obstacle_of_layers(Sizes{100, kMiB / 2, kMiB / 2}).empty());
  CHECK_FALSE(obstacle_of_layers(Sizes{kMiB / 2, kMiB / 2, kMiB / 2, 1}).empty());
  CHECK(obstacle_of_layers(Sizes(29, 1)).empty());
  CHECK_THAT(obstacle_of_layers(Sizes(30, 1)), Contains("30 layers"));
}

}  // namespace iib::task
