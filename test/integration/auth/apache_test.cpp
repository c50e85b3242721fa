#include "eventually.hpp"
#include "free_port.hpp"
#include "loopback.hpp"
#include "realm.hpp"
#include "service.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kProgram = "/usr/sbin/apache2";
constexpr auto kModules = "/usr/lib/apache2/modules/";

/// Apache with etc/apache-iibd.conf as it is, in front of the daemon on `backend`.
class Apache {
 public:
  Apache(const Realm& realm, int backend) {
    std::filesystem::permissions(folder(), std::filesystem::perms{0755});
    make_certificate(folder(), "front");
    std::ofstream file{folder() / "httpd.conf"};
    file << fmt::format("ServerRoot {0}\nPidFile {0}/pid\nErrorLog {0}/error.log\n", text());
    for (const auto* name : {"mpm_event", "authn_core", "authz_core", "authz_user", "auth_gssapi",
                             "headers", "proxy", "proxy_http", "ssl", "socache_shmcb"}) {
      file << fmt::format("LoadModule {0}_module {1}mod_{0}.so\n", name, kModules);
    }
    file << fmt::format(
        "User www-data\nGroup www-data\nServerName localhost\nListen 127.0.0.1:{0}\n"
        "Define IIBD_HOST localhost\nDefine IIBD_PORT {0}\nDefine IIBD_CERTIFICATE {1}/front.pem\n"
        "Define IIBD_KEY {1}/front.key\nDefine IIBD_KEYTAB {2}\n"
        "Define IIBD_BACKEND http://127.0.0.1:{3}\nInclude {4}/etc/apache-iibd.conf\n",
        port_, text(), realm.keytab(), backend, IIBD_SOURCE_ROOT);
    file.close();
    server_ =
        std::make_unique<Background>(std::vector<std::string>{kProgram, "-DFOREGROUND", "-f",
                                                              (folder() / "httpd.conf").string()},
                                     realm.variables(), folder() / "out");
    if (!eventually(60s, [&] { return accepts(port_); })) {
      throw std::runtime_error{"Apache does not listen: " + read_file(folder() / "out", 1U << 20U)};
    }
  }

  static bool is_possible() {
    return std::filesystem::exists(kProgram) &&
           std::filesystem::exists(std::string{kModules} + "mod_auth_gssapi.so");
  }
  [[nodiscard]] std::string url() const { return fmt::format("https://localhost:{}", port_); }
  [[nodiscard]] std::vector<std::string> trusting(std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"--cacert", (folder() / "front.pem").string()});
    return options;
  }
  [[nodiscard]] std::string log() const { return read_file(folder() / "error.log", 4U << 20U); }

 private:
  [[nodiscard]] std::filesystem::path folder() const { return directory_.path(); }
  [[nodiscard]] std::string text() const { return folder().string(); }

  TempDir directory_{std::filesystem::temp_directory_path(), "iibd-apache-"};
  int port_ = free_port();
  std::unique_ptr<Background> server_;
};

const std::string kTrusting =
    "iib_trusted_proxies: [127.0.0.1]\niib_remote_user_header: X-Remote-User\n";

}  // namespace

TEST_CASE("Apache with the example names the user of a Kerberos ticket", "[auth][apache]") {
  if (!Realm::is_possible() || !Apache::is_possible()) {
    IIBD_SKIP("the programs of Kerberos, Apache or its mod_auth_gssapi are missing");
  }
  const Realm realm;
  Service service{kTrusting};
  service.daemon.start();
  const Apache apache{realm, service.daemon.port()};
  const auto as_alice = [&](std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--negotiate", "-u", ":"});
    return submit(apache.url(), apache.trusting(std::move(more)), realm.variables());
  };

  const auto without = submit(apache.url(), apache.trusting());
  CHECK(without.status == 401);
  CHECK_THAT(without.text, Catch::Contains("WWW-Authenticate: Negotiate"));
  CHECK(submit(apache.url(), apache.trusting({"-H", "X-Remote-User: root@IIBD.TEST"})).status ==
        401);

  realm.log_in();
  const auto answer = as_alice();
  INFO(answer.text);
  INFO(apache.log());
  REQUIRE(answer.status == 201);
  CHECK_THAT(answer.text, Catch::Contains(R"("user":"alice@IIBD.TEST")"));

  SECTION("and a client's own copy of the header never survives") {
    for (const auto* copy :
         {"X-Remote-User: root@IIBD.TEST", "x-remote-user: root@IIBD.TEST",
          "X-REMOTE-USER: root@IIBD.TEST", "X_Remote_User: root@IIBD.TEST", "X-Remote-User;"}) {
      CAPTURE(copy);
      const auto forged = as_alice({"-H", copy});
      CHECK(forged.status == 201);
      CHECK_THAT(forged.text, Catch::Contains(R"("user":"alice@IIBD.TEST")"));
      CHECK_THAT(forged.text, !Catch::Contains("root@"));
    }
    const auto twice =
        as_alice({"-H", "X-Remote-User: root@IIBD.TEST", "-H", "x-remote-user: admin@IIBD.TEST"});
    CHECK_THAT(twice.text, Catch::Contains(R"("user":"alice@IIBD.TEST")"));
  }
  SECTION("nor can a client have the header taken away to pass as another") {
    // A proxy drops what Connection names; then nobody is named, and nobody may submit.
    const auto stripped =
        as_alice({"-H", "Connection: close, X-Remote-User", "-H", "X-Remote-User: root@IIBD.TEST"});
    CAPTURE(stripped.text);
    CHECK_THAT(stripped.text, !Catch::Contains("root@"));
    CHECK((stripped.status == 401 || stripped.status == 201));
  }
  SECTION("and reading needs no ticket") {
    const auto list = must_run({"curl", "-s", "--cacert", apache.trusting().back(), "-H",
                                "X-Remote-User: root@IIBD.TEST", apache.url() + "/api/v1/builds"});
    CHECK_THAT(list, Catch::Contains(R"("items")"));
  }
}

}  // namespace iib::test
