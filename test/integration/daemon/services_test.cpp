#include "auth_certificates.hpp"
#include "eventually.hpp"
#include "failed.hpp"
#include "http_test_server.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <regex>
#include <thread>

namespace iib::test {
namespace {

using Catch::Matchers::Contains;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr auto kLegacy =
    R"(,"force_backport":true,"organization":"acme","cnr_token":"basic hunter2")";

/// Greenwave and OMPS in one, over TLS by a private authority.
class TlsService {
 public:
  explicit TlsService(const std::filesystem::path& folder)
      : authority_{made(folder), "authority"}, server_{issued(authority_, folder)} {
    server_.Post(".*/decision", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(R"({"policies_satisfied": true})", "application/json");
    });
    server_.Post(".*/zipfile", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(R"({"version": "1.2.0"})", "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    serving_ = std::jthread{[this] { server_.listen_after_bind(); }};
  }
  TlsService(const TlsService&) = delete;
  TlsService& operator=(const TlsService&) = delete;
  ~TlsService() { server_.stop(); }

  [[nodiscard]] std::string url() const { return fmt::format("https://127.0.0.1:{}", port_); }
  [[nodiscard]] std::string authority() const { return authority_.certificate().string(); }

 private:
  static std::filesystem::path made(const std::filesystem::path& folder) {
    std::filesystem::create_directory(folder);
    return folder;
  }
  static httplib::SSLServer issued(const Authority& authority,
                                   const std::filesystem::path& folder) {
    authority.issue("server");
    return {(folder / "server.pem").c_str(), (folder / "server.key").c_str()};
  }

  Authority authority_;
  httplib::SSLServer server_;
  int port_ = 0;
  std::jthread serving_;
};

/// `example` with `place` in it replaced.
std::string with(std::string example, const std::string& place, const std::string& text) {
  const auto at = example.find(place);
  REQUIRE(at != std::string::npos);
  return example.replace(at, place.size(), text);
}

/// The example of a page of docs/, with the test's server in place of `url`.
std::string example_of(const std::string& page, const std::string& url,
                       const HttpTestServer& server) {
  const auto example = with(configuration_on(page), url, "http://" + server.address());
  // Authorities of https, which the test's server does not speak.
  return std::regex_replace(example, std::regex{"iib_ca_file:.*\n"}, "");
}

std::string push_gated_bundle(Site& site) {
  auto image = bundle_image(sample_bundle("otter-operator", "0.1.0"));
  image.labels["com.redhat.component"] = "otter-bundle";
  image.labels["version"] = "0.1.0";
  image.labels["release"] = "3";
  return site.push_image("gated", image);
}

/// Adds the bundle, gated or to be pushed to the legacy registry as the daemon is configured.
io::JsonDocument add(const Daemon& daemon, Site& site) {
  return build(
      daemon, "add",
      site.add_body({push_gated_bundle(site)}, {.add_arches = {"amd64"}, .more = kLegacy}));
}

}  // namespace

TEST_CASE("Greenwave and OMPS are asked over TLS by a private authority as the pages show",
          "[parameters][services]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  const TlsService service{site.directory() / "tls"};
  const auto place = "iib_ca_file: /etc/iibd/acme-authorities.pem\n";
  const auto gating =
      with(with(configuration_on("gating.md"), "https://greenwave.example.com", service.url()),
           place, "");
  const auto legacy =
      with(with(configuration_on("legacy-registry.md"), "https://omps.example.com", service.url()),
           place, fmt::format("iib_ca_file: {}\n", service.authority()));
  Daemon daemon{site.state(), site.configuration(gating + legacy)};
  daemon.start();
  const auto document = add(daemon, site);
  INFO(text_of(document, "state_reason"));
  CHECK(text_of(document, "state") == "complete");
  CHECK(io::to_json(document["omps_operator_version"]) == R"({"otter-operator":"1.2.0"})");
}

TEST_CASE("a service whose authority is not known is not asked, and the reason names the option",
          "[parameters][services]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  const TlsService service{site.directory() / "tls"};
  const TlsService other{site.directory() / "other"};
  const std::string configuration = GENERATE(
      "iib_greenwave_url: {0}/\niib_greenwave_config: {{null: {{decision_context: a, "
      "product_version: b, subject_type: koji_build}}}}\n",
      "iib_omps_url: {0}/\n", "iib_omps_url: {0}/\niib_ca_file: {1}\n");
  Daemon daemon{site.state(), site.configuration(fmt::format(fmt::runtime(configuration),
                                                             service.url(), other.authority()))};
  daemon.start();
  const auto begun = steady_clock::now();
  const auto document = add(daemon, site);
  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"),
             Contains(service.url()) && Contains("certificate") && Contains("iib_ca_file"));
  CHECK_THAT(io::to_json(document) + daemon.log(), !Contains("hunter2"));
  CHECK(steady_clock::now() - begun < seconds{100});
}

TEST_CASE("each queue is gated with its own settings, and one without any is not gated",
          "[parameters][services]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const HttpTestServer greenwave{
      [](const RawRequest&) { return answer(200, R"({"policies_satisfied": true})"); }};
  const bool default_is_gated = GENERATE(true, false);
  constexpr auto kSettings =
      "  {}: {{decision_context: for-{}, product_version: acme-1, subject_type: koji_build}}\n";
  Daemon daemon{site.state(),
                site.configuration(
                    fmt::format("iib_trusted_proxies: [127.0.0.1]\n"
                                "iib_user_to_queue: {{tern: terns, 'PARALLEL:heron': herons}}\n"
                                "iib_greenwave_url: http://{}/\n"
                                "iib_greenwave_config:\n{}{}",
                                greenwave.address(), fmt::format(kSettings, "terns", "terns"),
                                default_is_gated ? fmt::format(kSettings, "null", "others") : ""))};
  daemon.start();
  const auto plain =
      site.add_body({site.push_bundle("otter-operator", "0.1.0")}, {.add_arches = {"amd64"}});
  const auto gated = site.add_body({push_gated_bundle(site)}, {.add_arches = {"amd64"}});
  const auto state_of = [&](const std::string& user, const std::string& body) {
    const auto answer = daemon.post("/api/v1/builds/add", body, user);
    REQUIRE(answer.status == 201);
    return text_of(daemon.wait_final(answer.json["id"].GetInt64()), "state");
  };

  // Not even the labels are needed that Greenwave is asked by.
  CHECK(state_of("heron", plain) == "complete");
  CHECK(greenwave.requests().empty());
  CHECK_THAT(daemon.get("/api/v1/builds/1/logs").body,
             Contains("queue 'herons' has no settings for gating: Greenwave is not asked"));

  CHECK(state_of("tern", gated) == "complete");
  REQUIRE(greenwave.requests().size() == 1);
  CHECK_THAT(greenwave.requests().back().body,
             Contains("for-terns") && Contains("otter-bundle-0.1.0-3"));

  CHECK(state_of("wren", gated) == "complete");
  REQUIRE(greenwave.requests().size() == (default_is_gated ? 2U : 1U));
  CHECK_THAT(greenwave.requests().back().body,
             Contains(default_is_gated ? "for-others" : "for-terns"));
}

TEST_CASE("a service that hangs fails the request within its limit, which the reason names",
          "[parameters][services]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  const HttpTestServer silent{[](const RawRequest&) {
    return RawAnswer{"", RawAnswer::Then::silence};
  }};
  const auto [configuration, option] = GENERATE(table<std::string, std::string>({
      {"iib_greenwave_url: http://{}/\niib_http_timeout: 1\niib_greenwave_config: {{null: "
       "{{decision_context: a, product_version: b, subject_type: koji_build}}}}\n",
       "iib_http_timeout"},
      {"iib_omps_url: http://{}/\niib_omps_timeout: 1\n", "iib_omps_timeout"},
  }));
  CAPTURE(option);
  Daemon daemon{site.state(),
                site.configuration(fmt::format(fmt::runtime(configuration), silent.address()))};
  daemon.start();
  const auto document = add(daemon, site);
  CHECK(text_of(document, "state") == "failed");
  CHECK_THAT(text_of(document, "state_reason"),
             Contains("no whole answer within 1000 ms") && Contains("raise " + option));
  // iib_total_attempts; the server may be slower than the limit.
  CHECK(eventually(seconds{60}, [&] { return silent.requests().size() >= 2; }));
  CHECK(silent.requests().size() == 2);
}

TEST_CASE("a queue gated as the page shows asks Greenwave before anything is built",
          "[parameters][gating]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  bool satisfied = false;
  const HttpTestServer greenwave{[&](const RawRequest&) {
    return answer(200, satisfied ? R"({"policies_satisfied": true})"
                                 : R"({"policies_satisfied": false, "unsatisfied_requirements":
                                      [{"testcase": "acme.scan"}]})");
  }};
  Daemon daemon{site.state(), site.configuration(example_of(
                                  "gating.md", "https://greenwave.example.com", greenwave))};
  daemon.start();
  const auto body = site.add_body({push_gated_bundle(site)}, {.add_arches = {"amd64"}});

  CHECK_THAT(reason_of(build(daemon, "add", body)), Contains("acme.scan") &&
                                                        Contains("index_image_release") &&
                                                        Contains(site.pull_spec("gated")));
  CHECK(site.registry().manifest("iib-build", "1").empty());
  CHECK_THAT(greenwave.requests().front().body, Contains("otter-bundle-0.1.0-3"));

  satisfied = true;
  CHECK(text_of(build(daemon, "add", body), "state") == "complete");
}

TEST_CASE("a package for the legacy app registry is exported and sent once", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const HttpTestServer omps{
      [](const RawRequest&) { return answer(200, R"({"version": "1.2.0"})"); }};
  const bool has_omps = GENERATE(true, false);
  Daemon daemon{
      site.state(),
      site.configuration(
          has_omps ? example_of("legacy-registry.md", "https://omps.example.com", omps) : "")};
  daemon.start();
  auto image = bundle_image(sample_bundle("otter-operator", "0.1.0"));
  image.labels["com.redhat.delivery.backport"] = "true";
  const auto bundle = site.push_image("backport", image);
  const auto add = [&](const std::string& more) {
    return build(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}, .more = more}));
  };

  CHECK_THAT(reason_of(add(R"(,"organization":"acme")")),
             Contains("otter-operator") && Contains("cnr_token"));
  const auto document = add(R"(,"organization":"acme","cnr_token":"basic hunter2")");
  CHECK_THAT(io::to_json(document), !Contains("hunter2"));
  if (!has_omps) {
    CHECK_THAT(reason_of(document), Contains("iib_omps_url"));
    return;
  }
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(io::to_json(document["omps_operator_version"]) == R"({"otter-operator":"1.2.0"})");
  const auto sent = omps.requests();
  REQUIRE(sent.size() == 1);
  CHECK(sent.front().line() == "POST /v2/acme/zipfile");
  CHECK(sent.front().header("authorization") == "basic hunter2");
  CHECK_THAT(sent.front().body,
             Contains("package.yaml") && Contains("otter-operator.clusterserviceversion.yaml"));

  // The request of the page.
  site.registry().push_base("acme/base", "v4.5", {"amd64"});
  site.registry().push("acme/otter-bundle", "0.1.0", image);
  const auto heron = build_index(
      daemon, "add",
      site.add_body({site.push_bundle("heron-operator", "1.0.0")}, {.add_arches = {"amd64"}}));
  REQUIRE(put_over(site, heron, site.pull_spec("acme/index:v4.5")));
  const auto shown = build(daemon, "add", request_on("legacy-registry.md", site));
  INFO(text_of(shown, "state_reason"));
  CHECK(text_of(shown, "state") == "complete");
  CHECK(io::to_json(shown["omps_operator_version"]) == R"({"otter-operator":"1.2.0"})");
  REQUIRE(omps.requests().size() == 2);
  CHECK(omps.requests().back().line() == "POST /v2/acme/zipfile");
}

TEST_CASE("a package whose answer was stored is not sent again when the daemon dies after it",
          "[parameters][death]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const auto sends = [](const RawRequest& request, const std::string& package) {
    return request.body.find(package + ".clusterserviceversion.yaml") != std::string::npos;
  };
  std::promise<void> second;
  std::atomic<bool> died{false};
  const HttpTestServer omps{[&](const RawRequest& request) {
    if (!sends(request, "otter-operator") || died.exchange(true)) {
      return answer(200, R"({"version": "1.2.0"})");
    }
    second.set_value();
    return RawAnswer{"", RawAnswer::Then::silence};
  }};
  Daemon daemon{site.state(),
                site.configuration(fmt::format("iib_omps_url: http://{}/\n", omps.address()))};
  daemon.start();
  const auto request = submit(daemon, "add",
                              site.add_body({site.push_bundle("heron-operator", "1.0.0"),
                                             site.push_bundle("otter-operator", "0.1.0")},
                                            {.add_arches = {"amd64"}, .more = kLegacy}));
  REQUIRE(second.get_future().wait_for(std::chrono::seconds{120}) == std::future_status::ready);
  daemon.kill();
  daemon.start();
  const auto document = daemon.wait_final(request);

  INFO(text_of(document, "state_reason"));
  CHECK(text_of(document, "state") == "complete");
  CHECK(io::to_json(document["omps_operator_version"]) ==
        R"({"heron-operator":"1.2.0","otter-operator":"1.2.0"})");
  const auto sent = omps.requests();
  CHECK(std::ranges::count_if(
            sent, [&](const auto& each) { return sends(each, "heron-operator"); }) == 1);
  CHECK(std::ranges::count_if(
            sent, [&](const auto& each) { return sends(each, "otter-operator"); }) == 2);
  CHECK_THAT(daemon.get(fmt::format("/api/v1/builds/{}/logs", request)).body,
             Contains("package heron-operator was pushed before by this request"));
}

TEST_CASE("a legacy registry that refuses fails the request with its words", "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine("embedded");
  const HttpTestServer omps{
      [](const RawRequest&) { return answer(403, R"({"message": "acme is not yours"})"); }};
  Daemon daemon{site.state(),
                site.configuration(fmt::format("iib_omps_url: http://{}/\n", omps.address()))};
  daemon.start();
  const auto document = add(daemon, site);
  CHECK_THAT(reason_of(document), Contains("acme is not yours") && Contains("otter-operator"));
  CHECK_THAT(io::to_json(document), !Contains("hunter2"));
}

}  // namespace iib::test
