#include "faulty_site.hpp"
#include "index_image.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>

namespace iib::test {
namespace {

using Kind = Fault::Kind;

const std::vector<std::string> kOurs{"otter-operator.v0.1.0", "otter-operator.v0.2.0"};
const std::vector<std::string> kBoth{"heron-operator.v1.0.0", "otter-operator.v0.1.0",
                                     "otter-operator.v0.2.0"};

/// What happens to the first request that writes the tag of an index.
struct BadMoment {
  std::string name;
  Fault fault;
  bool somebody = false;  ///< Whether somebody else writes it then, before it is asked for again.
  int writes = 0;         ///< How often it is written by us.
  const std::vector<std::string>& bundles;
};

}  // namespace

TEST_CASE("an index is never written over unseen, when the answer was lost neither",
          "[faults][overwriting]") {
  IIBD_NEEDS_TOOLS();
  FaultySite site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  site.proxy().listen();
  Daemon daemon{site.state(), site.faulty_configuration(3)};
  daemon.start();
  const auto first = build_index(
      daemon, "add",
      site.add_body({site.push_bundle("otter-operator", "0.1.0")}, {.add_arches = {"amd64"}}));
  const auto others = build_index(
      daemon, "add",
      site.add_body({site.push_bundle("heron-operator", "1.0.0")}, {.from_index = first}));
  const auto second = site.push_bundle("otter-operator", "0.2.0");
  const std::vector<BadMoment> moments{
      {"not written", {.kind = Kind::reset}, false, 2, kOurs},
      {"written, answer lost", {.kind = Kind::lost}, false, 1, kOurs},
      {"refused for now, others write", {.kind = Kind::answer, .status = 503}, true, 2, kBoth},
      {"written, answer lost, others write", {.kind = Kind::lost}, true, 2, kBoth}};
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const auto& moment = moments[i];
    CAPTURE(moment.name);
    const auto repository = fmt::format("catalog-{}", i);
    const auto index = site.by_proxy(repository + ":v1");
    const auto tag = fmt::format("/v2/{}/manifests/v1", repository);
    REQUIRE(put_over(site, first, index));
    std::atomic<bool> met{false};
    std::atomic<bool> moved{!moment.somebody};
    site.proxy().judge_by([&](std::string_view method, std::string_view path) {
      std::optional<Fault> fault;
      if (path != tag) return fault;
      if (method == "PUT" && !met.exchange(true)) {
        fault = moment.fault;
      } else if (met && !moved.exchange(true)) {
        (void)put_over(site, others, site.pull_spec(repository + ":v1"));
      }
      return fault;
    });
    const auto before = site.proxy().seen("PUT", tag);

    const auto document = build(
        daemon, "add",
        site.add_body({second}, {.from_index = index, .more = R"(,"overwrite_from_index":true)"}));

    CAPTURE(reason_of(document), history_of(document));
    CHECK(text_of(document, "state") == "complete");
    CHECK(site.proxy().seen("PUT", tag) - before == moment.writes);
    CHECK(bundles_of(site.registry(), site.pull_spec(repository + ":v1")) == moment.bundles);
    site.proxy().judge_by({});
  }
}

}  // namespace iib::test
