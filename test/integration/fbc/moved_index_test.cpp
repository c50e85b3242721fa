// A file-based index that somebody else moves while a request is to overwrite it.

#include "file_site.hpp"
#include "fragments.hpp"
#include "served_index.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace iib::test {
namespace {

using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

constexpr auto kOverwrite = R"(,"overwrite_from_index":true)";

/// An index of the package tern, and others that somebody puts in its place.
struct Moving {
  Moving() {
    const auto first = test.make_index("v4.5", {}, {test.push_fragment("tern", "1.0.0")});
    for (const auto* package : {"wren", "finch", "robin"}) {
      others.push_back(
          build_index(test.daemon, "fbc-operations",
                      test.fragments_body(first, {test.push_fragment(package, "1.0.0")})));
    }
    if (!put_over(test.site, first, index)) throw std::runtime_error{"the index cannot be made"};
  }

  /// Takes a package into the index, which is moved `times` times, whenever a result is pushed.
  io::JsonDocument take_while_moved(int times) {
    test.site.proxy().judge_by([this, times](std::string_view method, std::string_view path) {
      const bool pushes = method == "PUT" && path.starts_with("/v2/iib-build/manifests/");
      if (pushes && moves < times) {
        const auto next = static_cast<std::size_t>(moves++) % others.size();
        (void)put_over(test.site, others[next], index);
      }
      return std::optional<Fault>{};
    });
    return build(test.daemon, "fbc-operations",
                 test.fragments_body(index, {test.push_fragment("tit", "1.0.0")}, kOverwrite));
  }

  FileSite test{"iib_rebase_attempts: 1\n"};
  std::string index = test.site.by_proxy("catalog/main:v1");
  Texts others;
  std::atomic<int> moves{0};
};

}  // namespace

TEST_CASE("a file-based index that moves during the build is built upon again",
          "[fbc][overwriting]") {
  IIBD_NEEDS_TOOLS();
  Moving moving;

  const auto document = moving.take_while_moved(1);

  INFO(io::to_json(document));
  CHECK(moving.moves == 1);
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(text_of(document, "index_image") == moving.index);
  CHECK(std::ranges::any_of(history_of(document), [](const std::string& reason) {
    return Catch::contains(reason, "beginning again on the new one (1 of 1)");
  }));
  const ServedIndex served{moving.test.site.registry(), moving.index};
  CHECK(served.files() == Texts{"tern/catalog.json", "tit/catalog.json", "wren/catalog.json"});
  CHECK(served.check().state == catalog::fbc::CacheState::up_to_date);
}

TEST_CASE("a file-based index that moves again and again is not overwritten",
          "[fbc][overwriting]") {
  IIBD_NEEDS_TOOLS();
  Moving moving;

  const auto document = moving.take_while_moved(100);

  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"),
             Contains(moving.index) && Contains("changed during the build"));
  const ServedIndex served{moving.test.site.registry(), moving.index};
  CHECK(served.files().size() == 2);  // one of the others: tern, and what they brought
}

}  // namespace iib::test
