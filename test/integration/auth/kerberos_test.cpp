#include "realm.hpp"
#include "service.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

#include <fstream>

namespace iib::test {
namespace {

const std::vector<std::string> kNegotiate{"--negotiate", "-u", ":"};

constexpr auto kBuiltWithout = "built with -Dkerberos=disabled";
constexpr auto kNoKdc = "krb5kdc, kdb5_util, kadmin.local, kinit or curl is missing";

}  // namespace

TEST_CASE("a Kerberos ticket names the user without a front-end", "[auth][kerberos]") {
  if (!IIBD_HAS_KERBEROS) IIBD_SKIP(kBuiltWithout);
  if (!Realm::is_possible()) IIBD_SKIP(kNoKdc);
  const Realm realm;
  Service service{"iib_keytab: " + realm.keytab() + "\n", realm.variables()};
  service.daemon.start();

  const auto without = submit(service.url());
  CHECK(without.status == 401);
  CHECK_THAT(without.text, Catch::Contains("WWW-Authenticate: Negotiate\r\n"));
  CHECK(submit(service.url(), kNegotiate, realm.variables()).status == 401);  // no ticket yet

  realm.log_in();
  const auto answer = submit(service.url(), kNegotiate, realm.variables());

  INFO(answer.text);
  INFO(service.daemon.log());
  REQUIRE(answer.status == 201);
  CHECK_THAT(answer.text, Catch::Contains(R"("user":"alice@IIBD.TEST")"));
  // The client, too, learns whom it speaks with.
  CHECK_THAT(answer.text, Catch::Contains("WWW-Authenticate: Negotiate "));
  CHECK(submit(service.url(), kNegotiate, realm.variables()).status == 201);

  SECTION("and nobody else's does") {
    realm.log_out();
    CHECK(submit(service.url(), kNegotiate, realm.variables()).status == 401);
    for (const auto* nonsense : {"Negotiate", "Negotiate ", "Negotiate !!!!", "Negotiate AAAA",
                                 "Negotiate TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAA="}) {
      CAPTURE(nonsense);
      CHECK(submit(service.url(), {"-H", std::string{"Authorization: "} + nonsense}).status == 401);
    }
  }
}

TEST_CASE("a ticket that was seen is refused", "[auth][kerberos]") {
  if (!IIBD_HAS_KERBEROS) IIBD_SKIP(kBuiltWithout);
  if (!Realm::is_possible()) IIBD_SKIP(kNoKdc);
  const Realm realm;
  realm.log_in();
  Service service{"iib_keytab: " + realm.keytab() + "\n", realm.variables()};
  service.daemon.start();
  auto options = kNegotiate;
  options.emplace_back("-v");
  const auto answer = submit(service.url(), options, realm.variables());
  REQUIRE(answer.status == 201);
  const auto at = answer.text.find("Authorization: Negotiate ");
  REQUIRE(at != std::string::npos);

  const auto ticket = answer.text.substr(at, answer.text.find_first_of("\r\n", at) - at);
  REQUIRE(ticket.size() > 200);
  CHECK(submit(service.url(), {"-H", ticket}).status == 401);
  CHECK_THAT(service.daemon.log(), Catch::Contains("replay"));
}

TEST_CASE("a ticket for another service is refused", "[auth][kerberos]") {
  if (!IIBD_HAS_KERBEROS) IIBD_SKIP(kBuiltWithout);
  if (!Realm::is_possible()) IIBD_SKIP(kNoKdc);
  const Realm realm;
  realm.log_in();
  Service service{"iib_keytab: " + realm.wrong_keytab() + "\n", realm.variables()};
  service.daemon.start();

  CHECK(submit(service.url(), kNegotiate, realm.variables()).status == 401);
}

TEST_CASE("a keytab that cannot be used stops the start", "[auth][kerberos]") {
  if (!IIBD_HAS_KERBEROS) IIBD_SKIP(kBuiltWithout);
  if (!Realm::is_possible()) IIBD_SKIP(kNoKdc);
  SECTION("one that is not there") {
    Service service{"iib_keytab: FOLDER/nothing\n"};
    CHECK(service.daemon.run_to_end() != 0);
    CHECK_THAT(service.daemon.log(), Catch::Contains("iib_keytab"));
  }
  SECTION("one without a key") {
    Service service{"iib_keytab: FOLDER/empty\n"};
    std::ofstream{service.folder() / "empty"} << "";
    CHECK(service.daemon.run_to_end() != 0);
    CHECK_THAT(service.daemon.log(), Catch::Contains("iib_keytab"));
  }
}

}  // namespace iib::test
