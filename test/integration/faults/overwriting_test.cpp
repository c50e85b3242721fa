#include "faulty_site.hpp"
#include "iib/base/sha256.hpp"
#include "index_image.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>

namespace iib::test {
namespace {

using Kind = Fault::Kind;

const std::vector<std::string> kOld{"otter-operator.v0.1.0"};
const std::vector<std::string> kTheirs{"heron-operator.v1.0.0", "otter-operator.v0.1.0"};
const std::vector<std::string> kOurs{"otter-operator.v0.1.0", "otter-operator.v0.2.0"};
const std::vector<std::string> kBoth{"heron-operator.v1.0.0", "otter-operator.v0.1.0",
                                     "otter-operator.v0.2.0"};

/// What happens to the next requests about the tag of an index.
enum class Then { nothing, others_write, registry_fails };

/// What happens to a request that writes our result.
struct BadMoment {
  std::string name;
  std::string reference;       ///< Begins what is written: the tag, or a digest of the result.
  std::optional<Fault> fault;  ///< Of the first such request.
  Then then = Then::nothing;   ///< Before the tag is asked for again, or written.
  int writes = 0;              ///< How often the tag is written by us.
  std::string reason;          ///< Why the request failed; empty when it is complete.
  const std::vector<std::string>& bundles;
};

/// The digest of what the tag `pull_spec`, by way of the proxy, names.
std::string digest_of(FaultySite& site, const std::string& pull_spec) {
  const auto path = pull_spec.substr(pull_spec.find('/') + 1);
  const auto colon = path.find(':');
  return "sha256:" +
         sha256_hex(site.registry().manifest(path.substr(0, colon), path.substr(colon + 1)));
}

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
  constexpr auto kTag = "v1";
  constexpr auto kDigest = "sha256:";
  const Fault lost{.kind = Kind::lost};
  const Fault refused{.kind = Kind::answer, .status = 503};
  const std::vector<BadMoment> moments{
      {"not written", kTag, Fault{.kind = Kind::reset}, Then::nothing, 2, "", kOurs},
      {"written, answer lost", kTag, lost, Then::nothing, 1, "", kOurs},
      {"refused for now, others write", kTag, refused, Then::others_write, 2, "", kBoth},
      {"written, answer lost, others write", kTag, lost, Then::others_write, 2, "", kBoth},
      {"others write while ours is copied", kDigest, {}, Then::others_write, 1, "", kBoth},
      {"written, others write over it",
       kTag,
       {},
       Then::others_write,
       1,
       "{0} was overwritten with {1}@{2}, but is {1}@{3} now: somebody else pushed",
       kTheirs},
      {"written, registry gone", kTag, {}, Then::registry_fails, 1, "", kOurs},
      {"written, answer lost, registry gone", kTag, lost, Then::registry_fails, 1,
       "whether {0} was overwritten cannot be told: it was if it is {1}@{2} now", kOurs},
      {"refused, registry gone", kTag, refused, Then::registry_fails, 1,
       "whether {0} was overwritten cannot be told: it was if it is {1}@{2} now", kOld}};
  const auto their_digest = digest_of(site, others);
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const auto& moment = moments[i];
    CAPTURE(moment.name);
    const auto repository = fmt::format("catalog-{}", i);
    const auto index = site.by_proxy(repository + ":v1");
    const auto manifests = fmt::format("/v2/{}/manifests/", repository);
    const auto tag = manifests + kTag;
    REQUIRE(put_over(site, first, index));
    std::atomic<bool> met{false};
    std::atomic<bool> moved{false};
    site.proxy().judge_by([&](std::string_view method, std::string_view path) {
      std::optional<Fault> fault;
      if (method == "PUT" && path.starts_with(manifests + moment.reference) &&
          !met.exchange(true)) {
        fault = moment.fault;
      } else if (met && path == tag) {
        if (moment.then == Then::registry_fails) fault = refused;
        if (moment.then == Then::others_write && !moved.exchange(true)) {
          (void)put_over(site, others, site.pull_spec(repository + ":v1"));
        }
      }
      return fault;
    });
    const auto before = site.proxy().seen("PUT", tag);

    const auto document = build(
        daemon, "add",
        site.add_body({second}, {.from_index = index, .more = R"(,"overwrite_from_index":true)"}));

    CAPTURE(reason_of(document), history_of(document));
    if (moment.reason.empty()) {
      CHECK(text_of(document, "state") == "complete");
    } else {
      CHECK(text_of(document, "state") == "failed");
      const auto ours = text_of(document, "internal_index_image_copy_resolved");
      CHECK_THAT(
          reason_of(document),
          Catch::Contains(fmt::format(fmt::runtime(moment.reason), index, site.by_proxy(repository),
                                      ours.substr(ours.find('@') + 1), their_digest)));
    }
    CHECK(site.proxy().seen("PUT", tag) - before == moment.writes);
    CHECK(bundles_of(site.registry(), site.pull_spec(repository + ":v1")) == moment.bundles);
    site.proxy().judge_by({});
  }
}

}  // namespace iib::test
