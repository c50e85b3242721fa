#include "eventually.hpp"
#include "http_test_server.hpp"
#include "iib/base/sha256.hpp"
#include "index_image.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

constexpr auto kOverwrite = R"(,"overwrite_from_index":true)";

/// A daemon and an index of one bundle that requests overwrite.
struct Overwriting {
  explicit Overwriting(const std::string& more = {})
      : daemon{prepared(site).state(), site.configuration(more)} {
    daemon.start();
    const auto bundle = site.push_bundle("otter-operator", "0.1.0");
    move(build_index(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64", "arm64"}})));
  }

  static Site& prepared(Site& site) {
    site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
    return site;
  }

  [[nodiscard]] std::string index() const { return site.pull_spec("acme/index:v4.16"); }

  /// Puts a result under the tag of the index, as somebody else would; gives whether it worked.
  bool move(const std::string& result) { return put_over(site, result, index()); }

  io::JsonDocument add(const std::string& bundle, const std::string& more = kOverwrite) {
    return build(daemon, "add", site.add_body({bundle}, {.from_index = index(), .more = more}));
  }

  [[nodiscard]] std::vector<std::string> bundles() { return bundles_of(site.registry(), index()); }

  Site site{{"amd64", "arm64"}};
  Daemon daemon;
};

/// The list under the tag of the index is that of the result, byte for byte.
void check_overwritten(Overwriting& test, const io::JsonDocument& document) {
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(text_of(document, "index_image") == test.index());
  const auto copy = text_of(document, "internal_index_image_copy");
  CHECK(copy != test.index());
  const auto list = test.site.registry().manifest("acme/index", "v4.16");
  CHECK(list == test.site.registry().manifest("iib-build", copy.substr(copy.rfind(':') + 1)));
  CHECK(text_of(document, "index_image_resolved") ==
        fmt::format("{}@sha256:{}", test.site.pull_spec("acme/index"), sha256_hex(list)));
  CHECK(read_index(test.site.registry(), test.index()).architectures() ==
        std::vector<std::string>{"amd64", "arm64"});
}

}  // namespace

TEST_CASE("a result is put over its index, with all that it names", "[overwriting]") {
  IIBD_NEEDS_TOOLS();
  Overwriting test{configuration_on("overwriting.md")};
  test.site.registry().push_base("acme/base", "v4.16", {"amd64", "arm64"});
  test.site.registry().push("acme/otter-bundle", "0.2.0",
                            bundle_image(sample_bundle("otter-operator", "0.2.0")));
  const auto added = build(test.daemon, "add", request_on("overwriting.md", test.site));
  check_overwritten(test, added);
  CHECK(test.bundles() ==
        std::vector<std::string>{"otter-operator.v0.1.0", "otter-operator.v0.2.0"});
  const auto history = history_of(added);
  CHECK(std::ranges::any_of(history, [&](const std::string& reason) {
    return reason.starts_with("Overwriting the index image " + test.index());
  }));

  const auto heron = test.add(test.site.push_bundle("heron-operator", "1.0.0"));
  check_overwritten(test, heron);
  const auto removed = build(
      test.daemon, "rm",
      test.site.rm_body({"otter-operator"}, {.from_index = test.index(), .more = kOverwrite}));
  check_overwritten(test, removed);
  CHECK(test.bundles() == std::vector<std::string>{"heron-operator.v1.0.0"});
}

TEST_CASE("a token that is not user:password fails the request without being shown",
          "[overwriting]") {
  IIBD_NEEDS_TOOLS();
  Overwriting test;
  const auto before = test.site.registry().manifest("acme/index", "v4.16");
  const auto* token = GENERATE("hunter2", "hunter2:", ":hunter2");
  const auto document =
      test.add(test.site.push_bundle("otter-operator", "0.2.0"),
               fmt::format(R"({},"overwrite_from_index_token":"{}")", kOverwrite, token));
  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"),
             Contains("overwrite_from_index_token") && Contains("user:password"));
  CHECK_THAT(io::to_json(document) + test.daemon.log(), !Contains("hunter2"));
  CHECK(history_of(document).size() == 2);  // accepted, failed: nothing was pulled
  CHECK(test.site.registry().manifest("acme/index", "v4.16") == before);
}

TEST_CASE("requests that overwrite one index follow each other and lose nothing", "[overwriting]") {
  IIBD_NEEDS_TOOLS();
  Overwriting test{"iib_queues: {iib: 4}\n"};
  std::vector<std::int64_t> requests;
  for (const auto& bundle : {test.site.push_bundle("otter-operator", "0.2.0"),
                             test.site.push_bundle("heron-operator", "1.0.0"),
                             test.site.push_bundle("otter-operator", "0.3.0"),
                             test.site.push_bundle("heron-operator", "1.1.0")}) {
    requests.push_back(
        submit(test.daemon, "add",
               test.site.add_body({bundle}, {.from_index = test.index(), .more = kOverwrite})));
  }
  for (const auto request : requests) {
    CHECK(text_of(test.daemon.wait_final(request), "state") == "complete");
  }
  CHECK(test.bundles() == std::vector<std::string>{"heron-operator.v1.0.0", "heron-operator.v1.1.0",
                                                   "otter-operator.v0.1.0", "otter-operator.v0.2.0",
                                                   "otter-operator.v0.3.0"});
}

TEST_CASE("an index that moves during the build is built upon again, as often as allowed",
          "[overwriting]") {
  IIBD_NEEDS_TOOLS();
  // The legacy registry is asked between the manifest list and the overwriting: there the index is
  // moved, by the request's own first result.
  Overwriting* running = nullptr;
  std::atomic<int> moves{0};
  const HttpTestServer omps{[&](const RawRequest&) {
    if (running->move(running->site.pull_spec("iib-build:2"))) ++moves;
    return answer(200, "{}");
  }};
  const int attempts = GENERATE(3, 0);
  Overwriting test{
      fmt::format("iib_omps_url: http://{}/\niib_rebase_attempts: {}\n", omps.address(), attempts)};
  running = &test;
  const auto other =
      build_index(test.daemon, "add",
                  test.site.add_body({test.site.push_bundle("heron-operator", "1.0.0")},
                                     {.from_index = test.index()}));
  REQUIRE(other == test.site.pull_spec("iib-build:2"));
  const auto document =
      test.add(test.site.push_bundle("otter-operator", "0.2.0"),
               fmt::format(R"({},"force_backport":true,"organization":"acme","cnr_token":"a b")",
                           kOverwrite));
  CHECK(moves == 1);  // a package is sent once, however often the build begins again
  if (attempts == 0) {
    CHECK(text_of(document, "state") == "failed");
    CHECK_THAT(text_of(document, "state_reason"),
               Contains(test.index()) && Contains("changed during the build"));
    CHECK(test.bundles() ==
          std::vector<std::string>{"heron-operator.v1.0.0", "otter-operator.v0.1.0"});
    return;
  }
  check_overwritten(test, document);
  CHECK(test.bundles() == std::vector<std::string>{"heron-operator.v1.0.0", "otter-operator.v0.1.0",
                                                   "otter-operator.v0.2.0"});
  CHECK(std::ranges::any_of(history_of(document), [](const std::string& reason) {
    return Catch::contains(reason, "beginning again on the new one (1 of 3)");
  }));
}

TEST_CASE("a daemon killed while it overwrites ends the request once, on the right index",
          "[overwriting][death]") {
  IIBD_NEEDS_TOOLS();
  Overwriting test;
  const auto second = test.site.push_bundle("otter-operator", "0.2.0");
  const auto request =
      submit(test.daemon, "add",
             test.site.add_body({second}, {.from_index = test.index(), .more = kOverwrite}));
  const auto path = fmt::format("/api/v1/builds/{}", request);
  const auto* const state = GENERATE("Creating the manifest list", "Overwriting", "The index");
  CHECK(eventually(60s, [&] {
    const auto reason = text_of(test.daemon.get(path).json, "state_reason");
    return reason.starts_with(state) || reason.starts_with("The index");
  }));
  test.daemon.kill();
  test.daemon.start();
  check_overwritten(test, test.daemon.wait_final(request));
  CHECK(test.bundles() ==
        std::vector<std::string>{"otter-operator.v0.1.0", "otter-operator.v0.2.0"});

  // What was removed before the death is not asked for again.
  const auto removal = submit(
      test.daemon, "rm",
      test.site.rm_body({"otter-operator"}, {.from_index = test.index(), .more = kOverwrite}));
  CHECK(eventually(60s, [&] {
    return test.bundles().empty() ||
           text_of(test.daemon.get(fmt::format("/api/v1/builds/{}", removal)).json, "state") ==
               "failed";
  }));
  test.daemon.kill();
  test.daemon.start();
  check_overwritten(test, test.daemon.wait_final(removal));
}

}  // namespace iib::test
