#include "auth_certificates.hpp"
#include "eventually.hpp"
#include "http_test_server.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <httplib.h>

#include <chrono>
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

}  // namespace iib::test
