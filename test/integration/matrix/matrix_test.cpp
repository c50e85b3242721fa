// Every trouble in every step of a request. Each cell ends failed with its reason, or complete,
// after a restart if need be; an index is overwritten with the right result or not at all.

#include "cell.hpp"
#include "site.hpp"
#include "size.hpp"
#include "small_disk.hpp"

#include <catch2/catch.hpp>

#include <array>

namespace iib::test {
namespace {

constexpr std::array kTroubles{
    Trouble::down_before,  Trouble::down_during, Trouble::down_after, Trouble::killed_before,
    Trouble::killed_after, Trouble::stopped,     Trouble::cancelled,
};

/// With the tools a cell takes seconds: the last one of every `many` stands for all, but for the
/// full size.
bool chosen(const std::string& engine, std::size_t cell, std::size_t many) {
  return engine != "tools" || long_run() || cell % many == many - 1;
}

}  // namespace

TEST_CASE("every trouble in every step ends a request rightly", "[matrix]") {
  IIBD_NEEDS_TOOLS();
  const auto engine = GENERATE(from_range(soaked_engines()));
  const auto* const type = GENERATE("add", "rm", "regenerate-bundle");
  CAPTURE(engine, type);
  MatrixSite site{engine};
  const auto steps = steps_of(type, site, {}).size();

  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t trouble = 0; trouble < kTroubles.size(); ++trouble) {
      // One more than there are troubles, so that each step meets another one.
      constexpr auto kMany = kTroubles.size() + 1;
      if (!chosen(engine, step * kTroubles.size() + trouble, kMany)) continue;
      check_cell(site, type, step, kTroubles.at(trouble));
    }
  }
}

TEST_CASE("a disk that fills up in any step ends a request rightly", "[matrix][disk]") {
  IIBD_NEEDS_TOOLS();
  IIBD_NEEDS_DISK(SmallDisk{"1m"});
  const auto engine = GENERATE(from_range(soaked_engines()));
  const auto* const type = GENERATE("add", "rm", "regenerate-bundle");
  CAPTURE(engine, type);
  MatrixSite site{engine};
  const auto steps = steps_of(type, site, {}).size();

  for (std::size_t step = 0; step < steps; ++step) {
    constexpr std::size_t kMany = 4;
    if (chosen(engine, step, kMany)) check_cell(site, type, step, Trouble::disk_full);
  }
}

}  // namespace iib::test
