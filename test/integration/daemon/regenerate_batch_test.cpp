#include "fault_proxy.hpp"
#include "regeneration.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

namespace iib::test {
namespace {

std::string batch_body(const std::vector<std::string>& requests) {
  std::string list;
  for (const auto& request : requests) list += (list.empty() ? "" : ",") + request;
  return fmt::format(R"({{"annotations":{{"ticket":"T-7"}},"build_requests":[{}]}})", list);
}

std::vector<std::int64_t> submit_batch(const Daemon& daemon,
                                       const std::vector<std::string>& requests) {
  const auto answer = daemon.post("/api/v1/builds/regenerate-bundle-batch", batch_body(requests));
  if (answer.status != 201) throw std::runtime_error{answer.body};
  std::vector<std::int64_t> ids;
  for (const auto& each : answer.json.GetArray()) ids.push_back(each["id"].GetInt64());
  return ids;
}

/// A registry that is also reached by a second address, where requests are counted.
struct CountedSite : Site {
  CountedSite() : proxy{registry().port()} { proxy.listen(); }

  [[nodiscard]] std::string counted(const std::string& image) const {
    return proxy.address() + "/" + image;
  }
  /// Requests for manifests of `repository` (by tag or digest).
  [[nodiscard]] int asked(const std::string& repository) const {
    return proxy.seen("", "/v2/" + repository + "/manifests/");
  }
  [[nodiscard]] std::map<std::string, std::string> environment() {
    return {{"IIB_INSECURE_REGISTRIES",
             fmt::format("['{}', '{}']", registry().address(), proxy.address())}};
  }

  FaultProxy proxy;
};

}  // namespace

TEST_CASE("a failure in a batch touches no other request of it", "[regenerate][batch]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto digest = push_operand(site, "wetland/heron");
  const auto good = push_similar(site, site.pull_spec("wetland/heron:v1"), 2);
  const auto bad = site.push_image("bundles/bad",
                                   heron_bundle(heron_csv({site.pull_spec("wetland/absent:v1")})));
  Daemon daemon{site.state(), site.configuration("iib_queues: {iib: 3}\n")};
  daemon.start();

  const auto ids = submit_batch(
      daemon,
      {good[0], regenerate_body(bad), regenerate_body(site.pull_spec("bundles/none:v1")), good[1]});

  REQUIRE(ids.size() == 4);
  std::set<std::int64_t> batches;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto document = daemon.wait_final(ids[i]);
    CAPTURE(i, io::to_json(document));
    const bool is_good = i == 0 || i == 3;
    CHECK(text_of(document, "state") == (is_good ? "complete" : "failed"));
    CHECK(text_of(document["batch_annotations"], "ticket") == "T-7");
    batches.insert(document["batch"].GetInt64());
    CHECK(has_result(site.registry(), ids[i]) == is_good);
    if (!is_good) continue;
    const auto contents = contents_of(site.registry(), text_of(document, "bundle_image"));
    CHECK_THAT(contents.files.at(kHeronCsv), Catch::Contains("heron@" + digest));
  }
  CHECK(batches.size() == 1);
}

TEST_CASE("the requests of a batch ask for an image once, those of another ask anew",
          "[regenerate][batch]") {
  IIBD_NEEDS_TOOLS();
  CountedSite site;
  site.use_image_engine("embedded");  // the tools' requests are not ours to count
  push_operand(site, "wetland/heron");
  const auto requests = push_similar(site, site.counted("wetland/heron:v1"), 8);
  Daemon daemon{site.state(), site.configuration("iib_queues: {iib: 4}\n"), site.environment()};
  daemon.start();

  for (const auto id : submit_batch(daemon, requests)) {
    const auto document = daemon.wait_final(id);
    INFO(text_of(document, "state_reason"));
    CHECK(text_of(document, "state") == "complete");
  }
  CHECK(site.asked("wetland/heron") == 1);

  CHECK(text_of(build(daemon, "regenerate-bundle", requests.front()), "state") == "complete");
  CHECK(site.asked("wetland/heron") == 2);
}

TEST_CASE("each request of a batch asks with its own credentials", "[regenerate][batch]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  Site other{{"amd64"}, Login{.user = "tern", .password = "plumage"}};
  const auto digest = push_operand(other, "wetland/heron");
  const auto bundle = site.push_image(
      "bundles/heron", heron_bundle(heron_csv({other.pull_spec("wetland/heron:v1")})));
  Daemon daemon{site.state(),
                site.configuration("iib_queues: {iib: 2}\n"),
                {{"IIB_INSECURE_REGISTRIES", fmt::format("['{}', '{}']", site.registry().address(),
                                                         other.registry().address())}}};
  daemon.start();
  // tern:plumage, and a wrong password
  const auto with = [&](const std::string& auth) {
    return regenerate_body(bundle,
                           fmt::format(R"(,"registry_auths":{{"auths":{{"{}":{{"auth":"{}"}}}}}})",
                                       other.registry().address(), auth));
  };

  const auto ids = submit_batch(
      daemon, {with("dGVybjpwbHVtYWdl"), with("dGVybjp3cm9uZw=="), regenerate_body(bundle)});

  const auto document = daemon.wait_final(ids[0]);
  INFO(io::to_json(document));
  CHECK(text_of(document, "state") == "complete");
  CHECK_THAT(contents_of(site.registry(), site.pull_spec("iib-build:1")).files[kHeronCsv],
             Catch::Contains(other.pull_spec("wetland/heron@" + digest)));
  for (const auto refused : {ids[1], ids[2]}) {
    const auto failed = daemon.wait_final(refused);
    CAPTURE(io::to_json(failed));
    CHECK(text_of(failed, "state") == "failed");
    CHECK_THAT(
        text_of(failed, "state_reason"),
        Catch::Contains(other.pull_spec("wetland/heron:v1")) && Catch::Contains("credentials"));
  }
  CHECK_THAT(daemon.log(), !Catch::Contains("plumage") && !Catch::Contains("dGVybjpwbHVtYWdl"));
  for (const auto id : ids) {
    const auto log = daemon.get(fmt::format("/api/v1/builds/{}/logs", id)).body;
    CHECK_THAT(log, !Catch::Contains("plumage") && !Catch::Contains("dGVybjpwbHVtYWdl"));
  }
}

TEST_CASE("a registry that fails for a while only delays a regeneration", "[regenerate]") {
  IIBD_NEEDS_TOOLS();
  CountedSite site;
  site.use_image_engine("embedded");
  push_operand(site, "wetland/heron");
  const auto bundle =
      site.push_image("bundles/heron", heron_bundle(heron_csv({site.counted("wetland/heron:v1")})));
  Daemon daemon{site.state(), site.configuration(), site.environment()};
  daemon.start();

  SECTION("when it answers in the end") {
    site.proxy.add({.path = "wetland/heron", .fault = {.status = 503}, .times = 1});
    CHECK(text_of(build(daemon, "regenerate-bundle", regenerate_body(bundle)), "state") ==
          "complete");
    CHECK(site.proxy.faults() == 1);
  }
  SECTION("and fails it, naming the image, when it does not") {
    site.proxy.add({.path = "wetland/heron", .fault = {.status = 503}});
    const auto document = build(daemon, "regenerate-bundle", regenerate_body(bundle));
    CHECK(text_of(document, "state") == "failed");
    CHECK_THAT(text_of(document, "state_reason"),
               Catch::Contains(site.counted("wetland/heron:v1")) && Catch::Contains("503"));
    CHECK_FALSE(has_result(site.registry(), 1));
  }
}

}  // namespace iib::test
