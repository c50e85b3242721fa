#include "client_site.hpp"
#include "http_test_server.hpp"
#include "iib/base/error.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <thread>

namespace iib::test {
namespace {

using Kind = Fault::Kind;

constexpr std::size_t kSize = 3'000'000;

/// A blob in `ns/op` of the registry.
image::Blob put_blob(ClientSite& site, const std::string& bytes) {
  auto blob = blob_of(bytes);
  site.client().upload_bytes(site.straight("ns/op:v1"), blob, bytes, site.access());
  return blob;
}

}  // namespace

TEST_CASE("a blob is downloaded whole, and a small one into memory", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  const auto bytes = noise(GENERATE(std::size_t{0}, std::size_t{1}, kSize));
  const auto blob = put_blob(site, bytes);

  site.client().download(site.straight("ns/op:v1"), blob, site.file("blob"), site.access());

  CHECK(read_file(site.file("blob"), kSize) == bytes);
  CHECK(site.client().read_blob(site.straight("ns/op:v1"), blob, kSize, site.access()) == bytes);
}

TEST_CASE("a download that is cut goes on where it ended", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  const auto bytes = noise(2 * kSize);
  const auto blob = put_blob(site, bytes);
  // More cuts than tries: each brings a good deal further.
  site.proxy().add({.method = "GET",
                    .path = "/blobs/",
                    .fault = {.kind = Kind::cut, .bytes = 1'100'000},
                    .times = 4});
  site.proxy().add(
      {.method = "GET", .path = "/blobs/", .fault = {.kind = Kind::reset}, .times = 1});

  site.client().download(site.by_proxy("ns/op:v1"), blob, site.file("blob"), site.access());

  CHECK(read_file(site.file("blob"), 2 * kSize) == bytes);
  CHECK(site.proxy().seen("GET", "/blobs/") == 6);
}

TEST_CASE("a blob that never comes whole leaves nothing behind", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  const auto blob = put_blob(site, noise(kSize));
  site.proxy().add(
      {.method = "GET", .path = "/blobs/", .fault = {.kind = Kind::cut, .bytes = 1000}});

  CHECK_THROWS_WITH(
      site.client().download(site.by_proxy("ns/op:v1"), blob, site.file("blob"), site.access()),
      Catch::Contains("unexpected EOF") && Catch::Contains("can be reached"));

  CHECK(site.files() == 0);
  CHECK(site.proxy().seen("GET", "/blobs/") == 3);
}

TEST_CASE("a blob that is not there is told at once", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  put_blob(site, "one");

  CHECK_THROWS_AS(site.client().download(site.by_proxy("ns/op:v1"), blob_of("other"),
                                         site.file("blob"), site.access()),
                  UserError);
  CHECK(site.files() == 0);
}

TEST_CASE("a layer that its manifest says to be too long is not asked for", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site{image::RegistryOptions{.layer_bytes = 1000}};
  auto layer = put_blob(site, noise(1000));
  const auto where = site.by_proxy("ns/op:v1");
  const auto download = [&](const std::string& name) {
    site.client().download(where, layer, site.file(name), site.access());
  };
  download("as long as may be");
  const auto asked = site.proxy().seen("", "/v2/");
  layer.size = GENERATE(1001ULL, 1ULL << 40U);

  CHECK_THROWS_AS(download("too long"), UserError);
  CHECK_THROWS_WITH(
      download("too long"),
      Catch::StartsWith(where.text() + " cannot be read: ") &&
          Catch::Contains(fmt::format("the layer {} is {} bytes long, more than the 1000",
                                      layer.digest.text(), layer.size)) &&
          Catch::Contains("smaller layers"));

  CHECK(site.proxy().seen("", "/v2/") == asked);
  CHECK(site.files() == 1);
}

TEST_CASE("bytes other than those asked for are never taken", "[registry][client]") {
  const std::string right = "the right bytes";
  const auto wrong = GENERATE(as<std::string>{}, "the wrong bytes", "the right byte",
                              "the right bytes and more", "");
  CAPTURE(wrong);
  const int lies = GENERATE(2, 3);
  std::atomic<int> count = 0;
  const HttpTestServer server{
      [&](const RawRequest&) { return answer(200, count++ < lies ? wrong : right); }};
  image::RegistryClient client{quick_options({server.address()}),
                               Log{make_null_sink(), "image", LogLevel::error}};
  const TempDir directory{std::filesystem::temp_directory_path()};
  const auto file = directory.path() / "blob";
  const image::Access access{.auth_file = {},
                             .work_directory = {},
                             .log = Log{make_null_sink(), "image", LogLevel::error},
                             .cancellation = {}};
  const auto where = model::ImageReference::parse(server.address() + "/ns/op:v1");

  if (lies == 2) {
    client.download(where, blob_of(right), file, access);
    CHECK(read_file(file, 100) == right);
  } else {
    CHECK_THROWS_AS(client.download(where, blob_of(right), file, access), ExternalError);
    CHECK_FALSE(std::filesystem::exists(file));
  }
}

TEST_CASE("a server without ranges, or with wrong ones, begins anew", "[registry][client]") {
  const auto bytes = noise(2'000'000);
  const auto second = GENERATE(200, 206, 416);
  std::atomic<int> count = 0;
  const HttpTestServer server{[&](const RawRequest& request) {
    const int now = ++count;
    if (now == 1) {
      auto given = answer(200, bytes);
      given.bytes.resize(given.bytes.size() / 2);
      given.then = RawAnswer::Then::close;
      return given;
    }
    if (now > 2 || second == 200) return answer(200, bytes);
    CHECK(request.header("Range").starts_with("bytes="));
    return answer(second, "odd", "Content-Range: bytes 0-2/2000000\r\n");
  }};
  image::RegistryClient client{quick_options({server.address()}),
                               Log{make_null_sink(), "image", LogLevel::error}};
  const TempDir directory{std::filesystem::temp_directory_path()};
  const image::Access access{.auth_file = {},
                             .work_directory = {},
                             .log = Log{make_null_sink(), "image", LogLevel::error},
                             .cancellation = {}};

  client.download(model::ImageReference::parse(server.address() + "/ns/op:v1"), blob_of(bytes),
                  directory.path() / "blob", access);

  CHECK(read_file(directory.path() / "blob", bytes.size()) == bytes);
}

TEST_CASE("a redirect is followed, and credentials stay with their host", "[registry][client]") {
  const std::string bytes = "stored elsewhere";
  const HttpTestServer storage{[&](const RawRequest&) { return answer(200, bytes); }};
  const HttpTestServer server{[&](const RawRequest& request) {
    if (request.header("Authorization").empty()) {
      return answer(401, "", "WWW-Authenticate: Basic realm=\"test\"\r\n");
    }
    return answer(307, "", fmt::format("Location: http://{}/x?sig=a%2Bb\r\n", storage.address()));
  }};
  image::RegistryClient client{quick_options({server.address(), storage.address()}),
                               Log{make_null_sink(), "image", LogLevel::error}};
  const TempDir directory{std::filesystem::temp_directory_path()};
  const auto auth_file = directory.path() / "auth.json";
  write_file_atomically(auth_file, fmt::format(R"({{"auths":{{"{}":{{"auth":"dXNlcjp3b3Jk"}}}}}})",
                                               server.address()));
  const image::Access access{.auth_file = auth_file,
                             .work_directory = {},
                             .log = Log{make_null_sink(), "image", LogLevel::error},
                             .cancellation = {}};
  const auto where = model::ImageReference::parse(server.address() + "/ns/op:v1");

  CHECK(client.read_blob(where, blob_of(bytes), 100, access) == bytes);

  REQUIRE(storage.requests().size() == 1);
  CHECK(storage.requests().front().line() == "GET /x?sig=a%2Bb");
  CHECK(storage.requests().front().header("Authorization").empty());
  CHECK(server.requests().back().header("Authorization") == "Basic dXNlcjp3b3Jk");
}

TEST_CASE("redirects that lead nowhere end", "[registry][client]") {
  const HttpTestServer server{
      [](const RawRequest&) { return answer(302, "", "Location: /v2/x\r\n"); }};
  image::RegistryClient client{quick_options({server.address()}),
                               Log{make_null_sink(), "image", LogLevel::error}};
  const image::Access access{.auth_file = {},
                             .work_directory = {},
                             .log = Log{make_null_sink(), "image", LogLevel::error},
                             .cancellation = {}};

  CHECK_THROWS_WITH(client.read_blob(model::ImageReference::parse(server.address() + "/ns/op:v1"),
                                     blob_of("x"), 100, access),
                    Catch::Contains("redirects more than 5 times"));
}

TEST_CASE("a slow registry is borne, and left when the request ends", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  ClientSite site;
  const auto bytes = noise(150'000);
  const auto blob = put_blob(site, bytes);
  site.proxy().add(
      {.method = "GET", .path = "/blobs/", .fault = {.kind = Kind::slow, .bytes = 100'000}});
  const auto download = [&](const Cancellation& cancellation) {
    site.client().download(site.by_proxy("ns/op:v1"), blob, site.file("blob"),
                           site.access(cancellation));
  };

  SECTION("it comes whole") {
    download({});
    CHECK(read_file(site.file("blob"), bytes.size()) == bytes);
  }
  SECTION("a stop in the middle") {
    std::stop_source stop;
    const std::jthread stopper{[&] {
      while (site.files() == 0 || site.proxy().faults() == 0) std::this_thread::yield();
      stop.request_stop();
    }};
    CHECK_THROWS_AS(download(Cancellation{stop.get_token()}), Cancelled);
    CHECK(site.files() == 0);
  }
}

}  // namespace iib::test
