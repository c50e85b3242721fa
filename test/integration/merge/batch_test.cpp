#include "base_image.hpp"
#include "eventually.hpp"
#include "fragments.hpp"
#include "http_test_server.hpp"
#include "index_image.hpp"
#include "served_index.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

// add-rm-batch, from the submission to the last message (rest-api 8).

namespace iib::test {
namespace {

using Texts = std::vector<std::string>;
using namespace std::chrono_literals;

constexpr auto kEndpoint = "/api/v1/builds/add-rm-batch";

std::vector<std::int64_t> submit_batch(const Daemon& daemon, const Texts& requests) {
  std::string list;
  for (const auto& request : requests) list += (list.empty() ? "" : ",") + request;
  const auto answer = daemon.post(
      kEndpoint,
      fmt::format(R"({{"annotations":{{"ticket":"T-7"}},"build_requests":[{}]}})", list));
  if (answer.status != 201) throw std::runtime_error{answer.body};
  std::vector<std::int64_t> ids;
  for (const auto& each : answer.json.GetArray()) ids.push_back(each["id"].GetInt64());
  return ids;
}

/// The bodies of the messages of one kind that a webhook took.
std::vector<io::JsonDocument> messages(const HttpTestServer& webhook, const std::string& kind) {
  std::vector<io::JsonDocument> found;
  for (const auto& request : webhook.requests()) {
    if (request.header("X-Iibd-Event") == kind) found.push_back(io::parse_json(request.body));
  }
  return found;
}

}  // namespace

TEST_CASE("a batch adds to and removes from one index in its order", "[batch]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  HttpTestServer webhook{[](const RawRequest&) { return answer(200); }};
  Daemon daemon{site.state(),
                site.configuration(fmt::format("iib_queues: {{iib: 3}}\n"
                                               "iib_webhooks: [{{url: 'http://{}/hook'}}]\n",
                                               webhook.address()))};
  daemon.start();
  const auto index = site.pull_spec("catalog/main:v1");
  const auto otter = site.push_bundle("otter-operator", "0.1.0");
  const auto first = build_index(daemon, "add", site.add_body({otter}, {.add_arches = {"amd64"}}));
  REQUIRE(put_over(site, first, index));
  const IndexArguments over{.from_index = index,
                            .more = R"(,"overwrite_from_index":true,)"
                                    R"("overwrite_from_index_token":"tern:plumage")"};

  const auto ids =
      submit_batch(daemon, {site.add_body({site.push_bundle("heron-operator", "1.0.0")}, over),
                            site.rm_body({"otter-operator"}, over),
                            site.rm_body({"otter-operator"}, over),  // gone by then: this one fails
                            site.add_body({site.push_bundle("heron-operator", "1.1.0")}, over)});

  REQUIRE(ids.size() == 4);
  CHECK(std::ranges::is_sorted(ids));
  const Texts types{"add", "rm", "rm", "add"};
  std::int64_t batch = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto document = daemon.wait_final(ids[i]);
    CAPTURE(i, io::to_json(document));
    CHECK(text_of(document, "request_type") == types[i]);
    CHECK(text_of(document, "state") == (i == 2 ? "failed" : "complete"));
    CHECK(text_of(document["batch_annotations"], "ticket") == "T-7");
    if (i == 2) CHECK_THAT(text_of(document, "state_reason"), Catch::Contains("otter-operator"));
    if (batch == 0) batch = document["batch"].GetInt64();
    CHECK(document["batch"].GetInt64() == batch);
  }
  CHECK(bundles_of(site.registry(), index) ==
        Texts{"heron-operator.v1.0.0", "heron-operator.v1.1.0"});
  const auto listed = daemon.get(fmt::format("/api/v1/builds?batch={}", batch));
  CHECK(listed.json["meta"]["total"].GetInt() == 4);

  // One message when it begins and one when its last request has ended.
  const auto of_batch = [&] {
    auto all = messages(webhook, "batch-state");
    std::erase_if(all, [&](const auto& each) { return each["batch"].GetInt64() != batch; });
    return all;
  };
  REQUIRE(eventually(60s, [&] { return of_batch().size() == 2; }));
  const auto told = of_batch();
  CHECK(text_of(told[0], "state") == "in_progress");
  CHECK(text_of(told[1], "state") == "failed");
  CHECK(text_of(told[1]["annotations"], "ticket") == "T-7");
  REQUIRE(told[1]["requests"].Size() == 4);
  for (rapidjson::SizeType i = 0; i < 4; ++i) {
    CHECK(told[1]["requests"][i]["id"].GetInt64() == ids[i]);
    CHECK(text_of(told[1]["requests"][i], "request_type") == types[i]);
  }
}

TEST_CASE("a batch adds to and removes from a file-based index in its order", "[batch][fbc]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  push_base_with_history(site, {"amd64"});
  Daemon daemon{site.state(), site.configuration("iib_queues: {iib: 3}\n")};
  daemon.start();
  const auto make = [&](const std::string& type, const std::string& from, const std::string& more) {
    return build_index(
        daemon, type,
        fmt::format(R"({{"from_index":"{}","binary_image":"{}",{}}})", from, site.base(), more));
  };
  const auto fragment = [&](const std::string& package) {
    return site.push_image("fragment-" + package,
                           fragment_image(package, package_blobs(package, "1.0.0")));
  };
  const auto otter = site.push_bundle("otter-operator", "0.1.0");
  const auto database =
      build_index(daemon, "add", site.add_body({otter}, {.add_arches = {"amd64"}}));
  const auto files =
      make("fbc-operations", make("create-empty-index", database, R"("output_fbc":true)"),
           fmt::format(R"("fbc_fragments":["{}","{}"])", fragment("tern"), fragment("wren")));
  const auto index = site.pull_spec("catalog/main:v1");
  REQUIRE(put_over(site, files, index));
  const IndexArguments over{.from_index = index,
                            .more = R"(,"overwrite_from_index":true,)"
                                    R"("overwrite_from_index_token":"tern:plumage")"};

  const auto ids =
      submit_batch(daemon, {site.add_body({site.push_bundle("heron-operator", "1.0.0")}, over),
                            site.rm_body({"tern"}, over), site.add_body({otter}, over),
                            site.add_body({site.push_bundle("heron-operator", "1.1.0")}, over),
                            site.rm_body({"otter-operator"}, over)});

  REQUIRE(ids.size() == 5);
  for (const auto id : ids) {
    const auto document = daemon.wait_final(id);
    INFO(io::to_json(document));
    CHECK(text_of(document, "state") == "complete");
    CHECK(text_of(document, "index_image") == index);
  }
  const ServedIndex served{site.registry(), index};
  CHECK(served.check().state == catalog::fbc::CacheState::up_to_date);
  CHECK(served.files() == Texts{"heron-operator/catalog.json", "wren/catalog.json"});
  CHECK(served.read("wren/catalog.json") == package_blobs("wren", "1.0.0"));
  CHECK(served.database_bundles() == Texts{"heron-operator.v1.0.0", "heron-operator.v1.1.0"});
}

TEST_CASE("a batch with one bad element is refused as a whole", "[batch]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto good = site.rm_body({"otter"}, {.from_index = site.pull_spec("catalog/main:v1")});
  const auto both = fmt::format(R"({{"operators":["o"],"bundles":["r/b:1"],"from_index":"{0}",)"
                                R"("binary_image":"{0}"}})",
                                site.base());

  for (const auto& bad : {std::string{R"({"add_arches":["amd64"]})"}, std::string{"7"}, both}) {
    CAPTURE(bad);
    const auto answer =
        daemon.post(kEndpoint, fmt::format(R"({{"build_requests":[{},{}]}})", good, bad));
    CHECK(answer.status == 400);
    CHECK_THAT(answer.body, Catch::Contains("build_requests[1]"));
  }
  CHECK(daemon.get("/api/v1/builds").json["meta"]["total"].GetInt() == 0);
}

}  // namespace iib::test
