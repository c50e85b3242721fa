#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/log.hpp"
#include "iib/config/network.hpp"
#include "iib/io/artifacts.hpp"
#include "iib/model/request.hpp"
#include "iib/model/submission.hpp"
#include "iib/store/store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iib::web {

/// What one client may cost. Times are for a whole phase, so that a byte now and then does not
/// prolong it.
struct Limits {
  /// The largest body (`iib_max_body_size`); larger: 413.
  std::size_t body_bytes = 8UL << 20U;
  /// Request line and headers together; larger: 431.
  std::size_t header_bytes = 32UL << 10U;
  /// The longest target; longer: 414.
  std::size_t target_bytes = 8UL << 10U;
  /// Open connections; one more is answered 503 and closed.
  std::size_t connections = 1000;
  /// Between two requests of a connection.
  std::chrono::milliseconds idle{60'000};
  /// From a request's first byte to the end of its headers.
  std::chrono::milliseconds head{15'000};
  /// For receiving a body.
  std::chrono::milliseconds body{60'000};
  /// For the client to take 64 KiB of an answer.
  std::chrono::milliseconds write{30'000};
  /// For running answers when the server stops.
  std::chrono::milliseconds stop{5'000};
  /// Answers that follow a log or events; one more is answered 503.
  std::size_t followers = 200;
  /// The same for one address, front-ends apart: those speak for many.
  std::size_t followers_of_one = 20;
  /// The longest that a log or events are followed.
  std::chrono::milliseconds follow{std::chrono::hours{24}};
  /// After so long without an event a comment is sent, so that front-ends keep the connection.
  std::chrono::milliseconds keep_alive{15'000};
};

/// What the server needs to know.
struct Options {
  /// Where to listen. Port 0 means any free one.
  std::vector<config::ListenAddress> listen;
  /// Threads that serve; they never wait for a build, a process or the store's writer.
  unsigned threads = 2;
  Limits limits;  ///< Bounds on everything that comes from outside.
  /// The header that holds the principal (`iib_remote_user_header`).
  std::string remote_user_header = "X-Remote-User";
  /// From whom that header is believed (`iib_trusted_proxies`).
  config::TrustedProxies trusted_proxies;
  /// The keys that Kerberos tickets are checked with (`iib_keytab`); unset: no Kerberos.
  std::optional<std::filesystem::path> keytab;
  /// Where Kerberos notes the tickets that it has seen.
  std::filesystem::path replay_cache;
  /// Passwords and tokens (`iib_users_file`); unset: none.
  std::optional<std::filesystem::path> users_file;
  /// Both set: TCP connections are encrypted (`iib_tls_certificate`, `iib_tls_key`).
  std::optional<std::filesystem::path> tls_certificate;
  std::optional<std::filesystem::path> tls_key;  ///< With the certificate.
  /// Whether anonymous callers may submit (`login_disabled`).
  bool login_disabled = false;
  /// Who may PATCH, and cancel any request (`iib_worker_usernames`).
  std::vector<std::string> workers;
  /// Scheme and host of URLs in answers; empty: as the client's `Host` says (`iib_external_url`).
  std::string external_url;
  /// The largest page of a listing (`iib_max_per_page`).
  std::int64_t max_per_page = 20;
  /// How long artifacts are kept (`iib_request_data_days_to_live`).
  std::chrono::days data_lifetime{3};
  model::SubmissionRules submission;  ///< What a submission is checked against.
};

/// What the server asks of the rest of the daemon. All are called from several threads.
struct Hooks {
  /// The queue for a request of that user (rest-api 9).
  std::function<std::string(const std::optional<std::string>& user, const model::NewRequest&)>
      queue_for;
  /// Something was submitted and is durable. Must be cheap: it runs on the store's writer thread.
  std::function<void()> on_submitted;
  /// A change from outside ended that request and is durable: its job has to stop. As cheap.
  std::function<void(RequestId)> on_ended;
  /// Has the given function called when there are new states, until what is returned is gone; then
  /// it is not running any more. Empty: events are seen late.
  std::function<std::shared_ptr<const void>(std::function<void()>)> follow_states = {};
  /// What the healthcheck tells besides; must be cheap. Unset: nothing.
  std::function<std::vector<std::string>()> warnings = {};
};

/// The HTTP server: the REST API and its description. Users of it must outlive it: store,
/// artifacts, clock.
class Server {
 public:
  /// Prepares; nothing is listened on yet. `access` takes one line per request; without it `log`
  /// does. Throws UserError naming the option whose file is bad.
  Server(Options options, store::Store& store, const io::Artifacts& artifacts, const Clock& clock,
         Hooks hooks, const Log& log, std::optional<Log> access = std::nullopt);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Like stop().
  ~Server();

  /// Listens on every address, then serves. Throws ExternalError naming the address that cannot be
  /// listened on; then nothing is served.
  void start();
  /// The addresses listened on, as `iib_listen` has them, with the real port in place of 0. Valid
  /// after start().
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// Reads users and TLS certificate anew. What is bad is logged, and the old stays in force.
  void reload();
  /// Takes no new connections, lets running answers finish for at most `limits.stop`, and closes
  /// the rest. Once it returns no hook is called any more. Calling it again does nothing.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::web
