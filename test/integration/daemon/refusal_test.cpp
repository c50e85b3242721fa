#include "site.hpp"

#include <catch2/catch.hpp>

namespace iib::test {

TEST_CASE("an architecture that the binary image lacks fails the request, naming it",
          "[bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64", "arm64"}};
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");

  const auto document =
      build(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64", "s390x"}}));

  CHECK(text_of(document, "state") == "failed");
  const auto reason = text_of(document, "state_reason");
  CHECK_THAT(reason, Catch::Contains("s390x"));
  CHECK_THAT(reason, Catch::Contains(site.base()));
}

TEST_CASE("an image that is no index is refused as from_index", "[bad input]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");

  const auto added = build(daemon, "add", site.add_body({bundle}, {.from_index = site.base()}));
  const auto removed =
      build(daemon, "rm", site.rm_body({"otter-operator"}, {.from_index = site.base()}));

  for (const auto* document : {&added, &removed}) {
    CHECK(text_of(*document, "state") == "failed");
    CHECK_THAT(text_of(*document, "state_reason"), Catch::Contains(site.pull_spec("base")));
  }
}

}  // namespace iib::test
