#include "faulty_site.hpp"
#include "http_test_server.hpp"
#include "iib/base/error.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using image::EmbeddedEngine;
using image::ManifestKind;
using model::ImageReference;
using FaultKind = Fault::Kind;

constexpr auto kImage = "application/vnd.docker.distribution.manifest.v2+json";

struct Phase {
  std::string name;
  std::string method;
  std::string path;
};

/// Everything that a build asks of a registry.
const std::vector<Phase> kPhases{
    {"reading the base", "GET", "/v2/base/manifests/"},
    {"reading its config", "GET", "/v2/base/blobs/"},
    {"looking for a blob", "HEAD", "/v2/out/blobs/"},
    {"mounting or beginning an upload", "POST", "/v2/out/blobs/uploads/"},
    {"uploading", "PUT", "/v2/out/blobs/uploads/"},
    {"pushing an image", "PUT", "/v2/out/manifests/build-"},
    {"moving the final tag", "PUT", "/v2/out/manifests/final"},
};

/// A registry that has one image, `x:1`, with this manifest.
HttpTestServer::Handler lying(const std::string& type, const std::string& body) {
  return [type, body](const RawRequest& request) {
    if (request.line().find("/manifests/") == std::string::npos) return answer(200);
    return answer(200, body, type.empty() ? "" : "Content-Type: " + type + "\r\n");
  };
}

std::string list_of(int count) {
  std::string entries;
  for (int i = 0; i < count; ++i) {
    entries += fmt::format(
        R"({}{{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,)"
        R"("digest":"sha256:{:064x}","platform":{{"architecture":"a{}","os":"linux"}}}})",
        i == 0 ? "" : ",", i, i);
  }
  return fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", entries);
}

}  // namespace

TEST_CASE("a build ends at its own limit, which the reason names", "[image][embedded][faults]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  const FaultySite site;
  site.proxy.add(
      {.method = "PUT", .path = "/v2/out/blobs/uploads/", .fault = {.kind = FaultKind::silence}});
  auto options = site.options();
  options.build_limit = 1s;
  EmbeddedEngine engine{options, site.access().log};

  CHECK_THROWS_WITH(site.build(engine, "the database"),
                    Catch::Contains("within 1 s") && Catch::Contains("raise iib_build_timeout"));
  CHECK(site.final_digest().empty());
}

TEST_CASE("a bad moment in any phase changes nothing of the result", "[image][embedded][faults]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite undisturbed;
  const auto layers = [](const FaultySite& site) {
    const auto list = io::parse_json(site.registry.manifest("out", "final"));
    const auto image =
        io::parse_json(site.registry.manifest("out", list["manifests"][0]["digest"].GetString()));
    return io::to_json(image["layers"]);
  };
  undisturbed.build(*undisturbed.engine(), "the database");
  const auto [name, fault] = GENERATE(table<std::string, Fault>({
      {"500", answering(500)},
      {"502", answering(502)},
      {"503", answering(503)},
      {"429", answering(429, "Retry-After: 0\r\n")},
      {"reset", {.kind = FaultKind::reset}},
      {"cut", {.kind = FaultKind::cut}},
      {"100 KB/s", {.kind = FaultKind::slow, .bytes = 100'000}},
  }));
  FaultySite site;
  for (const auto& phase : kPhases) {
    site.proxy.add({.method = phase.method, .path = phase.path, .fault = fault, .times = 2});
  }
  CAPTURE(name);

  const auto list = site.build(*site.engine(), "the database");

  CHECK(site.proxy.faults() > 0);
  CHECK(site.final_digest() == list.text());
  CHECK(layers(site) == layers(undisturbed));
  site.check_final();
}

TEST_CASE("a phase that never succeeds fails the build, and leaves the final tag as it was",
          "[image][embedded][faults]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  const auto before = site.build(*site.engine("first"), "one").text();
  const auto phase = GENERATE(from_range(kPhases));
  const auto [status, cause] = GENERATE(table<int, std::string>({
      {500, "trouble is inside"},
      {403, "iib_docker_config_template"},
  }));
  site.proxy.add({.method = phase.method, .path = phase.path, .fault = answering(status)});
  const auto moves_before = site.proxy.seen("PUT", "/v2/out/manifests/final");
  CAPTURE(phase.name, status);

  // Mounting is worth a try only: one who may not is let upload, which is refused alike.
  CHECK_THROWS_WITH(site.build(*site.engine(), "two"),
                    Catch::Contains(site.proxy.address()) && Catch::Contains(cause));
  CHECK(site.final_digest() == before);
  const auto moves = site.proxy.seen("PUT", "/v2/out/manifests/final") - moves_before;
  const bool reached = phase.name == "moving the final tag";
  CHECK((reached ? moves > 0 : moves == 0));
  site.check_final();
}

TEST_CASE("the final tag moves in one request, after all else is there",
          "[image][embedded][faults]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;

  const auto list = site.build(*site.engine(), "the database");

  CHECK(site.proxy.seen("PUT", "/v2/out/manifests/final") == 1);
  CHECK(site.final_digest() == list.text());
  CHECK(site.proxy.seen("", "/tags/") == 0);  // never listed
  // At most the config for each architecture: layers are mounted.
  CHECK(site.proxy.seen("GET", "/v2/base/blobs/") <= 2);
}

TEST_CASE("a registry that cannot mount is given the layers", "[image][embedded][faults]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  const int status = GENERATE(404, 400, 405, 403);
  CAPTURE(status);
  site.proxy.add({.method = "POST", .path = "?mount=", .fault = answering(status)});

  const auto list = site.build(*site.engine(), "the database");

  CHECK(site.proxy.faults() > 0);
  CHECK(site.final_digest() == list.text());
  site.check_final();
}

TEST_CASE("a registry that fails at random ends in the right image or in none",
          "[image][embedded][faults]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  auto last = site.build(*site.engine("first"), "none").text();
  site.proxy.fail_at_random(0.15, {answering(500),
                                   answering(429, "Retry-After: 0\r\n"),
                                   {.kind = FaultKind::reset},
                                   {.kind = FaultKind::cut}});
  constexpr int kBuilds = 12;
  int built = 0;

  for (int i = 0; i < kBuilds; ++i) {
    try {
      last = site.build(*site.engine(fmt::format("engine-{}", i)), std::to_string(i)).text();
      ++built;
      CHECK(site.final_digest() == last);
    } catch (const ExternalError& error) {
      CHECK_THAT(error.what(), Catch::Contains(site.proxy.address()));
    }
    site.check_final();
  }

  CHECK(site.proxy.faults() > 0);
  CHECK(built > 0);
}

TEST_CASE("a silent registry ends a build by its limit or by the end of the request",
          "[image][embedded][faults]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  const auto phase = GENERATE(from_range(kPhases));
  CAPTURE(phase.name);
  site.proxy.add(
      {.method = phase.method, .path = phase.path, .fault = {.kind = FaultKind::silence}});
  const auto begun = std::chrono::steady_clock::now();
  const auto own = [&] {
    auto access = site.access();
    access.cancellation = Cancellation{}.within(1s);
    return access;
  }();
  const auto base = site.push("base", {});
  const std::vector<image::Target> targets{
      {"amd64", site.by_proxy("base").at(*base.digest()), site.by_proxy("out:build-amd64")}};
  const auto engine = site.engine();

  CHECK_THROWS_AS(
      [&] {
        const auto images =
            engine->build_and_push(index_content(own.work_directory, "db"), targets, own);
        (void)engine->push_list(site.by_proxy(kFinal), images, own);
      }(),
      Error);

  CHECK(std::chrono::steady_clock::now() - begun < 30s);  // and not by the limit of the call
  CHECK(site.final_digest().empty());
}

TEST_CASE("manifests that are none are refused by name", "[image][embedded][faults]") {
  constexpr std::size_t kLong = 50'000'000;
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  const auto [type, body, cause] = GENERATE(table<std::string, std::string, std::string>({
      {kImage, std::string(kLong, ' '), "16"},
      {kImage, "<html>log in</html>", "registry"},
      {"text/html", "<html>log in</html>", "registry"},
      {kImage, "", "registry"},
      {"application/vnd.docker.distribution.manifest.v1+prettyjws",
       R"({"schemaVersion":1,"fsLayers":[]})", "schema 1"},
      {"application/vnd.cncf.helm.chart.v1",
       R"({"schemaVersion":2,"mediaType":"application/vnd.cncf.helm.chart.v1"})", "helm"},
      {"application/json", R"({"schemaVersion":2})", "no media type"},
      {kImage, std::string(100'000, '['), "registry"},
  }));
  CAPTURE(type, body.substr(0, 100));
  const HttpTestServer server{lying(type, body)};
  ImageSite site;
  auto options = site.embedded_options();
  options.insecure_registries = {server.address()};
  EmbeddedEngine engine{options, site.access().log};
  const auto image = ImageReference::parse(server.address() + "/x:1");

  CHECK_THROWS_WITH(engine.manifest(image, site.access()),
                    Catch::Contains(image.text()) && Catch::Contains(cause));
}

TEST_CASE("a layer of 1 TB, as its manifest says, is refused before a byte of it is fetched",
          "[image][embedded][faults]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  const auto layer = model::Digest::of("endless").text();
  const HttpTestServer server{
      lying(kImage, fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","layers":[)"
                                R"({{"mediaType":"{}","size":{},"digest":"{}"}}]}})",
                                kImage, "application/vnd.docker.image.rootfs.diff.tar.gzip",
                                1'000'000'000'000, layer))};
  ImageSite site;
  auto options = site.embedded_options();
  options.insecure_registries = {server.address()};
  EmbeddedEngine engine{options, site.access().log};
  const auto image = ImageReference::parse(server.address() + "/x:1");
  const std::vector<std::string> paths{"manifests/"};
  const auto own = site.access();

  CHECK_THROWS_WITH(engine.extract(image, paths, own.work_directory / "out", own),
                    Catch::Contains(image.text()) && Catch::Contains(layer) &&
                        Catch::Contains("is 1000000000000 bytes long, more than the 17179869184"));

  for (const auto& request : server.requests()) {
    CHECK_THAT(request.line(), !Catch::Contains("/blobs/"));
  }
}

TEST_CASE("manifests that are unusual are read", "[image][embedded][faults]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  const auto [type, body, kind,
              entries] = GENERATE(table<std::string, std::string, ManifestKind, std::size_t>({
      {"application/vnd.oci.image.index.v1+json", list_of(10'000), ManifestKind::list, 10'000},
      {"", list_of(1), ManifestKind::list, 1},
      {"", R"({"schemaVersion":2,"layers":[]})", ManifestKind::image, 0},
      {"application/octet-stream", R"({"schemaVersion":2,"layers":[]})", ManifestKind::image, 0},
  }));
  CAPTURE(type);
  const HttpTestServer server{lying(type, body)};
  ImageSite site;
  auto options = site.embedded_options();
  options.insecure_registries = {server.address()};
  EmbeddedEngine engine{options, site.access().log};

  const auto manifest =
      engine.manifest(ImageReference::parse(server.address() + "/x:1"), site.access());

  CHECK(manifest.kind == kind);
  CHECK(manifest.entries.size() == entries);
}

}  // namespace iib::test
