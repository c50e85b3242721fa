#include "service.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>

namespace iib::test {
namespace {

const std::string kTls =
    "iib_tls_certificate: FOLDER/server.pem\niib_tls_key: FOLDER/server.key\n"
    "login_disabled: true\n";

/// What `openssl s_client` sees of the service.
Ended look_at(const Service& service, const std::vector<std::string>& options) {
  std::vector<std::string> command{"openssl",  "s_client",
                                   "-connect", fmt::format("127.0.0.1:{}", service.daemon.port()),
                                   "-CAfile",  (service.folder() / "server.pem").string()};
  command.insert(command.end(), options.begin(), options.end());
  return run(command);
}

}  // namespace

TEST_CASE("with a certificate the service speaks TLS", "[auth][tls]") {
  Service service{kTls};
  make_certificate(service.folder(), "server");
  service.daemon.start();
  const std::vector<std::string> trust{"--cacert", (service.folder() / "server.pem").string()};

  const auto answer = submit(service.url("https"), trust);

  CHECK(answer.status == 201);
  CHECK_THAT(answer.text, Catch::Contains(service.url("https") + "/api/v1/builds/1/logs"));
  CHECK(submit(service.url("http")).status != 201);
  CHECK(submit(service.url("https")).status == 0);  // curl trusts nobody whom it does not know

  SECTION("from version 1.2 on") {
    CHECK(look_at(service, {"-tls1_3"}).status == 0);
    CHECK(look_at(service, {"-tls1_2"}).status == 0);
    CHECK(look_at(service, {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}).status != 0);
  }
  SECTION("and renews the certificate on SIGHUP") {
    make_certificate(service.folder(), "fresh");
    for (const auto* type : {".pem", ".key"}) {
      std::filesystem::rename(service.folder() / (std::string{"fresh"} + type),
                              service.folder() / (std::string{"server"} + type));
    }
    service.reload("the TLS certificate and its key were read anew");
    CHECK_THAT(look_at(service, {"-tls1_3"}).output, Catch::Contains("CN = fresh"));
    CHECK(submit(service.url("https"), trust).status == 201);
  }
  SECTION("but keeps the old one when the new one is bad") {
    std::ofstream{service.folder() / "server.key"} << "nonsense\n";
    service.reload("the TLS certificate and its key stay as they were: iib_tls_key");
    CHECK(submit(service.url("https"), trust).status == 201);
  }
}

TEST_CASE("a large answer and a pipelined pair come whole through TLS", "[auth][tls]") {
  Service service{kTls};
  make_certificate(service.folder(), "server");
  service.daemon.start();
  const auto ca = (service.folder() / "server.pem").string();

  const auto expected = must_run({"curl", "-s", "--cacert", ca, service.url("https") + "/"});
  const auto twice = must_run(
      {"curl", "-s", "--cacert", ca, service.url("https") + "/", service.url("https") + "/"});

  CHECK(expected.size() > 100);
  CHECK(twice == expected + expected);
}

TEST_CASE("what is wrong with TLS options stops the start", "[auth][tls]") {
  const auto refuses = [](const std::string& configuration, const std::string& expected,
                          const std::string& key = "") {
    Service service{configuration};
    make_certificate(service.folder(), "server");
    make_certificate(service.folder(), "other");
    must_run({"openssl", "ec", "-in", (service.folder() / "server.key").string(), "-aes256",
              "-passout", "pass:secret", "-out", (service.folder() / "locked.key").string()});
    CHECK(service.daemon.run_to_end() != 0);
    CAPTURE(service.daemon.log(), key);
    CHECK_THAT(service.daemon.log(), Catch::Contains(expected));
  };
  refuses("iib_tls_certificate: FOLDER/server.pem\n", "iib_tls_certificate needs iib_tls_key too");
  refuses("iib_tls_key: FOLDER/server.key\n", "iib_tls_key needs iib_tls_certificate too");
  refuses("iib_tls_certificate: FOLDER/none\niib_tls_key: FOLDER/server.key\n",
          "iib_tls_certificate is '");
  refuses("iib_tls_certificate: FOLDER/server.key\niib_tls_key: FOLDER/server.key\n",
          "iib_tls_certificate ");
  refuses("iib_tls_certificate: FOLDER/server.pem\niib_tls_key: FOLDER/other.key\n",
          "iib_tls_key ");
  refuses("iib_tls_certificate: FOLDER/server.pem\niib_tls_key: FOLDER/locked.key\n",
          "not encrypted");
}

}  // namespace iib::test
