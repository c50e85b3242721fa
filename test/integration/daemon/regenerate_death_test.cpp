#include "eventually.hpp"
#include "regeneration.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace iib::test {
namespace {

/// How many deaths may come too late: a request that was seen in a state may have ended before the
/// daemon does.
constexpr int kDeaths = 10;

/// A heron with enough images and files that no state goes by unseen.
TestImage large_bundle(Site& site) {
  std::vector<std::string> images;
  for (int i = 0; i < 40; ++i) {
    push_operand(site, fmt::format("wetland/heron{}", i));
    images.push_back(site.pull_spec(fmt::format("wetland/heron{}:v1", i)));
  }
  auto bundle = heron_bundle(heron_csv(images));
  entry_of(bundle, "manifests/plumage.bin").content = std::string(4UL << 20U, 'p');
  return bundle;
}

void check_complete(Site& site, const io::JsonDocument& document, std::int64_t request) {
  CAPTURE(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  const auto result = site.pull_spec(fmt::format("iib-build:{}", request));
  CHECK(text_of(document, "bundle_image") == result);
  const auto index = read_index(site.registry(), result);
  CHECK(index.architectures() == std::vector<std::string>{"amd64", "s390x"});
  const auto csv = contents_of(site.registry(), index, index.images.front()).files.at(kHeronCsv);
  CHECK_THAT(csv, Catch::Contains(site.pull_spec("wetland/heron39@sha256:")));
  CHECK(csv.find(":v1") == std::string::npos);
  CHECK(std::filesystem::is_empty(site.state() / "work"));
}

}  // namespace

TEST_CASE("a daemon killed in any state of a regeneration completes it once it runs again",
          "[regenerate][death]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto bundle = large_bundle(site);
  std::vector<std::pair<std::string, std::string>> images;
  for (const std::string architecture : {"amd64", "s390x"}) {
    auto each = bundle;
    each.architecture = architecture;
    images.emplace_back(architecture, site.registry().push("bundles/heron", architecture, each));
  }
  site.registry().push_list("bundles/heron", "v1", images);

  for (const std::string state : {"Resolving the bundle image", "Regenerating the bundle image",
                                  "Creating the manifest list"}) {
    CAPTURE(state);
    bool began_again = false;
    for (int death = 0; death < kDeaths && !began_again; ++death) {
      std::int64_t request = 0;
      bool reached = false;
      {
        Daemon daemon{site.state(), site.configuration()};
        daemon.start();
        request = submit(daemon, "regenerate-bundle",
                         regenerate_body(site.pull_spec("bundles/heron:v1")));
        reached = reaches(daemon, request, state);
        daemon.kill();
      }
      if (!reached) continue;
      Daemon daemon{site.state(), site.configuration()};
      daemon.start();

      const auto document = daemon.wait_final(request);
      check_complete(site, document, request);
      const auto history = history_of(document);
      const auto told = std::ranges::count_if(history, [](const std::string& reason) {
        return reason.find("began again after the daemon died, try 2 of 3") != std::string::npos;
      });
      CHECK(told <= 1);
      began_again = told == 1;
      daemon.kill();
    }
    CHECK(began_again);
  }
}

TEST_CASE("a stop in the middle of a batch of regenerations loses none of them",
          "[regenerate][death]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  push_operand(site, "wetland/heron");
  std::string requests;
  for (const auto& body : push_similar(site, site.pull_spec("wetland/heron:v1"), 12)) {
    requests += (requests.empty() ? "" : ",") + body;
  }
  const std::string one_try = "iib_max_tries: 1\niib_queues: {iib: 2}\n";  // none may count
  {
    Daemon daemon{site.state(), site.configuration(one_try)};
    daemon.start();
    REQUIRE(daemon
                .post("/api/v1/builds/regenerate-bundle-batch",
                      fmt::format(R"({{"build_requests":[{}]}})", requests))
                .status == 201);
    // Two run at once: if both have ended before anyone looks, the next two do.
    REQUIRE((reaches(daemon, 2, "Re") || reaches(daemon, 4, "Re") || reaches(daemon, 6, "Re")));
    CHECK(daemon.stop() == 0);
  }
  Daemon daemon{site.state(), site.configuration(one_try)};
  daemon.start();

  for (std::int64_t request = 1; request <= 12; ++request) {
    const auto document = daemon.wait_final(request);
    CAPTURE(io::to_json(document));
    CHECK(text_of(document, "state") == "complete");
  }
}

}  // namespace iib::test
