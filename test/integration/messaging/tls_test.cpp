#include "../../unit/messaging/sending.hpp"
#include "amqp_broker.hpp"
#include "auth_certificates.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

using namespace iib;
using namespace iib::messaging;
using namespace iib::messaging::test;
using namespace iib::test;
using namespace std::chrono_literals;
using Catch::Contains;

#ifdef __SANITIZE_ADDRESS__
/// A constructor of Proton that throws leaves behind what it has allocated by then.
// NOLINTNEXTLINE: the sanitizer knows it by this name
extern "C" const char* __lsan_default_suppressions() {
  return "leak:proton::ssl_client_options::ssl_client_options\n";
}
#endif

namespace {

/// Certificates of a broker on localhost and of ours, and an authority that nobody asked.
struct Certificates {
  TempDir folder{std::filesystem::temp_directory_path(), "amqps-"};
  Authority authority{folder.path(), "authority"};
  Authority stranger{folder.path(), "stranger"};

  Certificates() {
    authority.issue("broker");
    authority.issue("iibd");
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return (folder.path() / name).string();
  }
  [[nodiscard]] AmqpTls broker(const std::string& client_authorities = {}) const {
    return {.certificate = file("broker.pem"),
            .key = file("broker.key"),
            .client_authorities = client_authorities};
  }
  /// With a certificate of ours.
  [[nodiscard]] SenderOptions known() const {
    return {.urls = {},
            .certificate = file("iibd.pem"),
            .key = file("iibd.key"),
            .authorities = authority.certificate()};
  }
  /// Without.
  [[nodiscard]] SenderOptions anonymous() const {
    auto options = known();
    options.certificate = file("none.pem");
    return options;
  }
};

/// Made once: keys take their time.
const Certificates& made_certificates() {
  static const Certificates made;
  return made;
}

Settlement send_one(const AmqpBroker& broker, const SenderOptions& options) {
  Sending sending{{broker.url()}, 15s, options};
  sending.send(1, 1);
  return sending.wait(1)[1];
}

}  // namespace

TEST_CASE("a broker by TLS is verified always, and shown our certificate when there is one",
          "[messaging][tls]") {
  const auto& certificates = made_certificates();
  const auto trusted = certificates.authority.certificate().string();

  SECTION("one that asks for no certificate gets messages with and without") {
    const AmqpBroker broker{{}, 0, certificates.broker()};
    CHECK(send_one(broker, certificates.known()).outcome == Outcome::accepted);
    CHECK(send_one(broker, certificates.anonymous()).outcome == Outcome::accepted);
  }
  SECTION("one that asks for one gets messages from those alone who have it") {
    const AmqpBroker broker{{}, 0, certificates.broker(trusted)};
    CHECK(send_one(broker, certificates.known()).outcome == Outcome::accepted);
    CHECK(send_one(broker, certificates.anonymous()).outcome == Outcome::broker_away);
    CHECK(broker.received().size() == 1);
  }
  SECTION("one of another authority gets nothing, with a certificate of ours or without") {
    const AmqpBroker broker{{}, 0, certificates.broker()};
    const bool known = GENERATE(true, false);
    CAPTURE(known);
    auto options = known ? certificates.known() : certificates.anonymous();
    options.authorities = certificates.stranger.certificate();
    const auto told = send_one(broker, options);
    CHECK(told.outcome == Outcome::broker_away);
    CHECK_THAT(told.reason, Contains("certificate verify failed"));
    CHECK(broker.received().empty());
  }
  SECTION("one whose certificate is for another name gets nothing") {
    // The authority's own certificate: trusted, and not that of `localhost`.
    const AmqpBroker broker{{},
                            0,
                            AmqpTls{.certificate = trusted,
                                    .key = certificates.file("authority.key"),
                                    .client_authorities = {}}};
    const auto told = send_one(broker, certificates.known());
    CHECK(told.outcome == Outcome::broker_away);
    CHECK_THAT(told.reason, Contains("certificate verify failed"));
    CHECK(broker.received().empty());
  }
}

TEST_CASE("files that TLS cannot use are refused at once, by name and option", "[messaging][tls]") {
  const auto& certificates = made_certificates();
  const auto refused = [&](const SenderOptions& options) {
    try {
      const Sending sending{{"amqps://localhost:1"}, 5s, options};
    } catch (const UserError& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  REQUIRE(refused(certificates.known()).empty());

  SECTION("a key in place of authorities") {
    auto options = certificates.known();
    options.authorities = certificates.file("authority.key");
    CHECK_THAT(refused(options), Contains("iib_messaging_ca") && Contains("authority.key"));
  }
  SECTION("no authorities at all") {
    auto options = certificates.known();
    options.authorities = certificates.file("none.pem");
    CHECK_THAT(refused(options), Contains("iib_messaging_ca") && Contains("none.pem"));
  }
  SECTION("the key of another certificate") {
    auto options = certificates.known();
    options.key = certificates.file("broker.key");
    CHECK_THAT(refused(options), Contains("iib_messaging_cert") && Contains("broker.key"));
  }
  SECTION("which matters for amqps alone") {
    SenderOptions options;
    options.authorities = certificates.file("none.pem");
    CHECK_NOTHROW(Sending{{"amqp://localhost:1"}, 5s, options});
  }
}
