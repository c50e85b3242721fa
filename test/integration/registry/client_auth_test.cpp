#include "auth_site.hpp"
#include "client_site.hpp"
#include "http_test_server.hpp"
#include "iib/base/error.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <mutex>
#include <string>

namespace iib::test {
namespace {

image::Access with_auth(const std::filesystem::path& file) {
  return {.auth_file = file,
          .work_directory = {},
          .log = Log{make_null_sink(), "image", LogLevel::error},
          .cancellation = {}};
}

}  // namespace

TEST_CASE("a token that ends between two calls is renewed without a word", "[registry][client]") {
  std::string accepted = "first";
  std::mutex mutex;
  const HttpTestServer server{[&](const RawRequest& request) {
    const std::scoped_lock lock{mutex};
    if (request.line().starts_with("GET /token")) {
      return answer(200, fmt::format(R"({{"token":"{}","expires_in":3600}})", accepted));
    }
    if (request.header("Authorization") != "Bearer " + accepted) {
      return answer(
          401, "",
          fmt::format("WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"s\"\r\n",
                      request.header("Host")));
    }
    return answer(200, "some blob");
  }};
  image::RegistryClient client{quick_options({server.address()}),
                               Log{make_null_sink(), "image", LogLevel::error}};
  const auto where = model::ImageReference::parse(server.address() + "/ns/op:v1");
  const auto read = [&] {
    return client.read_blob(where, blob_of("some blob"), 100, with_auth({}));
  };

  CHECK(read() == "some blob");
  {
    const std::scoped_lock lock{mutex};
    accepted = "second";
  }
  CHECK(read() == "some blob");
  CHECK(read() == "some blob");
}

TEST_CASE("with TLS by a private authority and tokens all of it works", "[registry][client]") {
  IIBD_NEEDS_REGISTRY();
  AuthSite site;
  image::RegistryOptions options = quick_options({});
  options.certs_directory = site.certs_directory();
  image::RegistryClient client{std::move(options), Log{make_null_sink(), "image", LogLevel::error}};
  image::RegistryClient stranger{quick_options({}),
                                 Log{make_null_sink(), "image", LogLevel::error}};
  const auto target = model::ImageReference::parse(site.registry() + "/public/op:v1");

  CHECK_THROWS_WITH(stranger.manifest(target, with_auth({})),
                    Catch::Contains("certificate") && Catch::Contains("iib_insecure_registries"));
  CHECK_THROWS_AS(client.manifest(target, with_auth({})), UserError);
}

}  // namespace iib::test
