#include "fixture.hpp"
#include "iib/base/error.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdlib>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

/// A certificate for this test, made by openssl.
struct Certificate {
  Certificate() {
    const auto command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=localhost -keyout {0}/key -out {0}/certificate >/dev/null 2>&1",
        dir.path().string());
    made = std::system(command.c_str()) == 0;
  }
  [[nodiscard]] web::Options options() const {
    auto options = WebFixture::open_options();
    options.tls_certificate = dir.path() / "certificate";
    options.tls_key = dir.path() / "key";
    return options;
  }

  TempDir dir{"/tmp", "iibd-tls-"};
  bool made = false;
};

/// The first bytes of a TLS handshake, and no more.
constexpr std::string_view kBeginning{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11};

}  // namespace

TEST_CASE("who does not come along with TLS loses the connection", "[web][tls]") {
  const Certificate certificate;
  if (!certificate.made) IIBD_SKIP("openssl is missing");
  auto options = certificate.options();
  options.limits.head = 100ms;
  WebFixture fixture{options};
  RawClient client{fixture.address()};

  SECTION("by saying nothing") {}
  SECTION("by beginning only") {
    client.send(kBeginning);
  }
  SECTION("by something else") {
    client.send(request_text("GET", "/api/v1/healthcheck"));
    CHECK(client.receive().status == 0);
    return;
  }

  CHECK(client.is_closed_by_server());
}

TEST_CASE("a connection that does not come along counts against the bound", "[web][tls]") {
  const Certificate certificate;
  if (!certificate.made) IIBD_SKIP("openssl is missing");
  auto options = certificate.options();
  options.limits.connections = 1;
  options.limits.head = 100ms;
  WebFixture fixture{options};
  RawClient first{fixture.address()};
  RawClient second{fixture.address()};

  CHECK(first.is_closed_by_server());
  CHECK(second.is_closed_by_server());
}

TEST_CASE("a server stops although a handshake hangs", "[web][tls]") {
  const Certificate certificate;
  if (!certificate.made) IIBD_SKIP("openssl is missing");
  auto options = certificate.options();
  options.limits.stop = 100ms;
  WebFixture fixture{options};
  RawClient client{fixture.address()};
  client.send(kBeginning);
  const auto begin = std::chrono::steady_clock::now();

  fixture.server->stop();

  CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("a unix socket stays plain beside TLS", "[web][tls]") {
  const Certificate certificate;
  if (!certificate.made) IIBD_SKIP("openssl is missing");
  auto options = certificate.options();
  const auto path = (certificate.dir.path() / "s").string();
  options.listen = {config::ListenAddress{.host = {}, .port = 0, .socket_path = path}};
  WebFixture fixture{options};

  const auto id = fixture.submit_add();
  const auto answer = fixture.get("/api/v1/builds/" + std::to_string(id.value()));

  CHECK_THAT(answer.body, Catch::Contains("http://"));
  CHECK_THAT(answer.body, !Catch::Contains("https://"));
}

}  // namespace iib::test
