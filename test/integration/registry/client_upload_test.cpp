#include "client_site.hpp"
#include "http_test_server.hpp"
#include "iib/base/error.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using Kind = Fault::Kind;

constexpr std::size_t kSize = 3'000'000;

/// A file of the site with these bytes.
std::filesystem::path write(const ClientSite& site, const std::string& bytes) {
  write_file_atomically(site.file("layer"), bytes);
  return site.file("layer");
}

/// A client that uploads in pieces of 1 MB.
image::RegistryOptions in_pieces() {
  return {.chunked_above = 0, .chunk_bytes = 1'000'000};
}

}  // namespace

TEST_CASE("a blob is uploaded in one go or in pieces, and only once", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  const bool pieces = GENERATE(false, true);
  ClientSite site{pieces ? in_pieces() : image::RegistryOptions{}};
  const auto bytes = noise(kSize);
  const auto blob = blob_of(bytes);
  const auto target = site.by_proxy("ns/op:v1");
  const auto file = write(site, bytes);

  CHECK_FALSE(site.client().has_blob(target, blob.digest, site.access()));
  site.client().upload(target, blob, file, site.access());
  CHECK(site.client().has_blob(target, blob.digest, site.access()));
  site.client().upload(target, blob, file, site.access());

  CHECK(site.registry().blob("ns/op", blob.digest.text()) == bytes);
  CHECK(site.proxy().seen("POST", "") == 1);
  CHECK(site.proxy().seen("PATCH", "") == (pieces ? 3 : 0));
  CHECK(site.proxy().seen("PUT", "") == 1);
}

TEST_CASE("an upload survives a bad moment in each of its phases", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  const bool pieces = GENERATE(false, true);
  const auto method = GENERATE(as<std::string>{}, "HEAD", "POST", "PATCH", "PUT");
  if (!pieces && method == "PATCH") return;
  const auto fault = GENERATE(
      Fault{.kind = Kind::answer, .status = 500}, Fault{.kind = Kind::answer, .status = 503},
      Fault{.kind = Kind::answer, .status = 429}, Fault{.kind = Kind::reset},
      Fault{.kind = Kind::cut}, Fault{.kind = Kind::cut, .bytes = 300'000});
  CAPTURE(pieces, method, fault.status, fault.bytes);
  ClientSite site{pieces ? in_pieces() : image::RegistryOptions{}};
  const auto bytes = noise(kSize);
  const auto blob = blob_of(bytes);
  const auto file = write(site, bytes);
  const bool has_body = method == "PATCH" || (method == "PUT" && !pieces);
  if (fault.bytes > 0 && !has_body) return;
  if (fault.kind == Kind::cut && method == "HEAD") return;  // nothing to be cut
  site.proxy().add({.method = method, .path = "/blobs/", .fault = fault, .times = 2});

  site.client().upload(site.by_proxy("ns/op:v1"), blob, file, site.access());

  CHECK(site.registry().blob("ns/op", blob.digest.text()) == bytes);
  CHECK(site.proxy().faults() == 2);
}

TEST_CASE("an upload whose session is lost begins again", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  const bool pieces = GENERATE(false, true);
  const auto method = GENERATE(as<std::string>{}, "PATCH", "PUT");
  if (!pieces && method == "PATCH") return;
  CAPTURE(pieces, method);
  ClientSite site{pieces ? in_pieces() : image::RegistryOptions{}};
  const auto bytes = noise(kSize);
  site.proxy().add({.method = method,
                    .path = "/blobs/uploads/",
                    .fault = {.kind = Kind::answer, .status = 404},
                    .times = 1});

  site.client().upload(site.by_proxy("ns/op:v1"), blob_of(bytes), write(site, bytes),
                       site.access());

  CHECK(site.registry().blob("ns/op", blob_of(bytes).digest.text()) == bytes);
  CHECK(site.proxy().seen("POST", "/blobs/uploads/") == 2);
}

TEST_CASE("a registry that takes no blob in one go gets it in pieces", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  const auto bytes = noise(kSize);
  site.proxy().add({.method = "PUT",
                    .path = "/blobs/uploads/",
                    .fault = {.kind = Kind::answer, .status = 413},
                    .times = 1});

  site.client().upload_bytes(site.by_proxy("ns/op:v1"), blob_of(bytes), bytes, site.access());

  CHECK(site.registry().blob("ns/op", blob_of(bytes).digest.text()) == bytes);
  CHECK(site.proxy().seen("PATCH", "") == 1);
}

TEST_CASE("an upload that never succeeds is told", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  const auto [status, asked, reason] = GENERATE(table<int, int, std::string>({
      {403, 1, "iib_docker_config_template"},
      {404, 3, "the session of the upload is lost"},
      {400, 1, "answered 400"},
      {500, 3, "the trouble is inside"},
  }));
  CAPTURE(status);
  site.proxy().add(
      {.method = "PUT", .path = "/blobs/", .fault = {.kind = Kind::answer, .status = status}});

  CHECK_THROWS_WITH(
      site.client().upload_bytes(site.by_proxy("ns/op:v1"), blob_of("x"), "x", site.access()),
      Catch::StartsWith(site.by_proxy("ns/op:v1").text() + " cannot be pushed: ") &&
          Catch::Contains(reason));
  CHECK(site.proxy().seen("PUT", "") == asked);
}

TEST_CASE("a file that is not what it should be is not uploaded", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  auto blob = blob_of("right");

  CHECK_THROWS_WITH(
      site.client().upload(site.by_proxy("ns/op:v1"), blob, write(site, "short"), site.access()),
      Catch::Contains("answered 400: DIGEST_INVALID"));
  blob.size = 6;
  CHECK_THROWS_WITH(
      site.client().upload(site.by_proxy("ns/op:v1"), blob, site.file("layer"), site.access()),
      Catch::Contains("5 bytes instead of 6"));
}

TEST_CASE("a blob of another repository is mounted, or not", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  const auto blob = blob_of("shared");
  const auto origin = site.by_proxy("ns/base:v1");
  const auto target = site.by_proxy("other/op:v1");
  site.client().upload_bytes(origin, blob, "shared", site.access());
  const auto mount = [&](const model::Digest& digest, const model::ImageReference& from) {
    return site.client().mount(target, digest, from, site.access());
  };

  SECTION("from the same registry") {
    CHECK(mount(blob.digest, origin));
    CHECK(site.registry().blob("other/op", blob.digest.text()) == "shared");
  }
  SECTION("not what the origin lacks; the upload that the registry begins is cancelled") {
    CHECK_FALSE(mount(model::Digest::of("absent"), origin));
    CHECK(site.proxy().seen("DELETE", "/v2/other/op/blobs/uploads/") == 1);
  }
  SECTION("not from another registry") {
    CHECK_FALSE(mount(blob.digest, site.straight("ns/base:v1")));
    CHECK(site.proxy().seen("POST", "/v2/other/op/") == 0);
  }
  SECTION("not where the registry refuses") {
    const int status = GENERATE(400, 403, 404, 405);
    site.proxy().add(
        {.method = "POST", .path = "mount=", .fault = {.kind = Kind::answer, .status = status}});
    CHECK_FALSE(mount(blob.digest, origin));
  }
  SECTION("after a bad moment") {
    site.proxy().add(
        {.method = "POST", .path = "mount=", .fault = {.kind = Kind::reset}, .times = 2});
    CHECK(mount(blob.digest, origin));
  }
}

TEST_CASE("a manifest is put under a tag or its digest", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  site.registry().push("ns/op", "v1", {.layers = {{{.path = "x", .content = "x"}}}, .labels = {}});
  const auto given = site.client().manifest(site.by_proxy("ns/op:v1"), site.access());
  const auto digest = model::Digest::of(given.bytes);
  site.proxy().add({.method = "PUT",
                    .path = "/manifests/",
                    .fault = {.kind = Kind::answer, .status = 502},
                    .times = 1});

  CHECK(site.client().put_manifest(site.by_proxy("ns/op:v2"), given.media_type, given.bytes,
                                   site.access()) == digest);
  CHECK(site.registry().manifest("ns/op", "v2") == given.bytes);
  CHECK(site.client().put_manifest(site.by_proxy("ns/op").at(digest), given.media_type, given.bytes,
                                   site.access()) == digest);
  CHECK(site.proxy().seen("PUT", "/manifests/" + digest.text()) == 1);
}

TEST_CASE("a manifest whose blobs are absent is refused, and the tag does not move",
          "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  site.registry().push("ns/op", "v1", {.layers = {{{.path = "x", .content = "x"}}}, .labels = {}});
  const auto given = site.client().manifest(site.by_proxy("ns/op:v1"), site.access());

  CHECK_THROWS_WITH(
      site.client().put_manifest(site.by_proxy("ns/other:v1"), given.media_type, given.bytes,
                                 site.access()),
      Catch::Contains("ns/other:v1 cannot be pushed") && Catch::Contains("BLOB_UNKNOWN"));
  CHECK(site.registry().manifest("ns/other", "v1").empty());
}

TEST_CASE("a stop ends an upload in the middle", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  site.proxy().add({.method = "PUT", .path = "/blobs/", .fault = {.kind = Kind::silence}});
  const auto bytes = noise(kSize);
  std::stop_source stop;
  const std::jthread stopper{[&] {
    while (site.proxy().faults() == 0) std::this_thread::yield();
    stop.request_stop();
  }};

  CHECK_THROWS_AS(site.client().upload_bytes(site.by_proxy("ns/op:v1"), blob_of(bytes), bytes,
                                             site.access(Cancellation{stop.get_token()})),
                  Cancelled);
}

TEST_CASE("a manifest that is to be sent once is not sent again, by a kept connection neither",
          "[registry][client]") {
  std::atomic<int> puts{0};
  const HttpTestServer server{[&](const RawRequest& request) {
    if (!request.line().starts_with("PUT")) return answer(404);
    ++puts;
    return RawAnswer{{}, RawAnswer::Then::close};
  }};
  image::RegistryClient client{quick_options({server.address()}),
                               Log{make_null_sink(), "test", LogLevel::error}};
  const ClientSite site;
  const auto target = model::ImageReference::parse(server.address() + "/ns/op:v1");
  const auto put = [&](image::Tries tries) {
    return client.put_manifest(target, "a/b", "{}", site.access(), tries);
  };
  CHECK_FALSE(client.has_blob(target, model::Digest::of("x"), site.access()));
  const auto kept = server.connections();

  CHECK_THROWS_AS(put(image::Tries::one), ExternalError);

  CHECK(puts == 1);
  CHECK(server.connections() == kept + 1);
  CHECK_THROWS_AS(put(image::Tries::as_configured), ExternalError);
  CHECK(puts == 1 + 3 + 1);  // three tries, the first of them over the connection that was kept
}

}  // namespace iib::test
