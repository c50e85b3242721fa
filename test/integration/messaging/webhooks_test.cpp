#include "amqp_broker.hpp"
#include "auth_certificates.hpp"
#include "eventually.hpp"
#include "http_test_server.hpp"
#include "iib/base/guarded.hpp"
#include "iib/base/hmac.hpp"
#include "iib/io/json.hpp"
#include "post_office.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <httplib.h>

#include <thread>

using namespace iib;
using namespace iib::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

const std::string kSecret = "0123456789abcdef0123456789abcdef";

/// What a webhook got.
struct Post {
  std::string event;
  std::string signature;
  std::string body;
};

/// A webhook by TLS with a certificate of `authority`.
class TlsWebhook {
 public:
  TlsWebhook(const Authority& authority, const std::filesystem::path& folder)
      : server_{issued(authority, folder)} {
    server_.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
      posts_.with([&](auto& posts) {
        posts.push_back({.event = request.get_header_value("X-Iibd-Event"),
                         .signature = request.get_header_value("X-Iibd-Signature-256"),
                         .body = request.body});
      });
      response.status = 204;
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    serving_ = std::jthread{[this] { server_.listen_after_bind(); }};
  }
  TlsWebhook(const TlsWebhook&) = delete;
  TlsWebhook& operator=(const TlsWebhook&) = delete;
  ~TlsWebhook() { server_.stop(); }

  [[nodiscard]] std::string url() const { return fmt::format("https://127.0.0.1:{}/hook", port_); }
  [[nodiscard]] std::vector<Post> posts() {
    return posts_.with([](const auto& posts) { return posts; });
  }

 private:
  static httplib::SSLServer issued(const Authority& authority,
                                   const std::filesystem::path& folder) {
    authority.issue("hook");
    return {(folder / "hook.pem").c_str(), (folder / "hook.key").c_str()};
  }

  Guarded<std::vector<Post>> posts_;
  httplib::SSLServer server_;
  int port_ = 0;
  std::jthread serving_;
};

/// How many messages wait for a destination.
std::int64_t waiting_for(const std::filesystem::path& path, const std::string& destination) {
  SQLite::Database database{path.string()};
  SQLite::Statement count{database, "SELECT count(*) FROM outbox WHERE destination = ?"};
  count.bind(1, destination);
  count.executeStep();
  return count.getColumn(0).getInt64();
}

}  // namespace

TEST_CASE("a webhook by TLS is verified, and one that hangs holds up only itself", "[messaging]") {
  const PostOffice office;
  const auto& folder = office.directory.path();
  const Authority authority{folder, "authority"};
  const Authority stranger{folder, "stranger"};
  TlsWebhook trusted{authority, folder};
  const HttpTestServer hangs{
      [](const RawRequest&) { return RawAnswer{.bytes = "", .then = RawAnswer::Then::silence}; }};
  const AmqpBroker broker;
  write_file_atomically(folder / "secret", kSecret, 0600);
  const auto configuration = [&](const Authority& trusts) {
    return PostOffice::configuration(broker.url(), "build", "batch",
                                     fmt::format("iib_ca_file: {}\niib_http_timeout: 5m\n"
                                                 "iib_webhooks:\n- {{url: 'http://{}/slow'}}\n"
                                                 "- {{url: '{}', secret_file: '{}'}}\n",
                                                 trusts.certificate().string(), hangs.address(),
                                                 trusted.url(), (folder / "secret").string()));
  };
  const auto run_request = [](const Daemon& daemon, int number) {
    REQUIRE(daemon.post("/api/v1/builds/add", kQuickRequest).status == 201);
    static_cast<void>(daemon.wait_final(number));
  };

  {  // who is not trusted gets nothing, and the others what is theirs
    Daemon daemon{office.state(), configuration(stranger)};
    daemon.start();
    run_request(daemon, 1);
    CHECK(eventually(60s, [&] {
      return daemon.log().find("messages cannot be sent (webhook " + trusted.url() + ")") !=
             std::string::npos;
    }));
    CHECK_THAT(daemon.log(), Contains("certificate"));
    CHECK(eventually(60s, [&] { return broker.received().size() == 4; }));
    CHECK(daemon.stop() == 0);
  }
  CHECK(trusted.posts().empty());
  CHECK(waiting_for(office.database(), trusted.url()) == 4);

  Daemon daemon{office.state(), configuration(authority)};
  daemon.start();
  run_request(daemon, 2);
  REQUIRE(eventually(60s, [&] { return trusted.posts().size() == 8; }));
  for (const auto& post : trusted.posts()) {
    CHECK(post.signature == "sha256=" + hmac_sha256_hex(kSecret, post.body));
    CHECK(io::parse_json(post.body).HasMember("state"));
  }
  CHECK(eventually(60s, [&] { return broker.received().size() == 8; }));
  CHECK(eventually(60s, [&] { return waiting_for(office.database(), trusted.url()) == 0; }));
  // The one that hangs has been asked in both lives, and has all of its messages still to get.
  CHECK(eventually(60s, [&] { return hangs.requests().size() == 2; }));
  CHECK(waiting_for(office.database(), fmt::format("http://{}/slow", hangs.address())) == 8);
  CHECK(daemon.stop() == 0);
}
