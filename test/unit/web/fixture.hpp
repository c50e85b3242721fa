#pragma once

#include "client.hpp"
#include "iib/base/clock.hpp"
#include "iib/base/files.hpp"
#include "iib/base/guarded.hpp"
#include "iib/base/log.hpp"
#include "iib/io/artifacts.hpp"
#include "iib/io/json.hpp"
#include "iib/notify/event_hub.hpp"
#include "iib/store/store.hpp"
#include "iib/web/server.hpp"

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace iib::test {

/// A clock that stands still until a test moves it.
class TestClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return Timestamp{now_.load()}; }
  void advance(std::chrono::microseconds time) { now_ = now_.load() + time; }

 private:
  std::atomic<std::chrono::microseconds> now_{
      parse_iso8601("2031-05-04T10:11:12.131415Z").time_since_epoch()};
};

/// A real server on a free port, with a real store and real folders.
class WebFixture {
 public:
  /// What the tests need unless they say otherwise: anybody may submit.
  static web::Options open_options();

  /// `kept`: the artifacts that have a folder.
  explicit WebFixture(web::Options options = open_options(),
                      const std::set<io::ArtifactKind>& kept = {io::ArtifactKind::request_log});

  /// Where TCP clients connect to.
  [[nodiscard]] std::string address() const { return server->addresses().front(); }
  Received get(const std::string& target, const std::string& headers = "") const {
    return exchange(address(), "GET", target, "", headers);
  }
  Received post(const std::string& target, const std::string& body,
                const std::string& headers = "") const {
    return exchange(address(), "POST", target, body, headers);
  }
  /// Submits a good add; `more` are members such as `, "organization": "acme"`.
  RequestId submit_add(const std::string& more = "", const std::string& headers = "") const;
  /// Appends a state, as a worker's PATCH does.
  void tell_state(RequestId id, model::RequestState state, const std::string& reason) const;
  /// Claims and ends the oldest job.
  void finish_next(model::RequestState state, model::Learned learned = {});
  void write_log(RequestId id, const std::string& text) const;
  /// Appends to a log, as a running job does.
  void append_log(RequestId id, const std::string& text) const;
  /// Writes the file of an artifact that is kept.
  void write_artifact(const std::string& file, const std::string& text) const;

  TempDir dir{"/tmp", "iibd-web-test-"};
  TestClock clock;
  std::unique_ptr<io::LocalArtifacts> artifacts;
  notify::EventHub hub;
  std::unique_ptr<store::Store> store;
  std::atomic<int> submitted = 0;
  /// The requests whose jobs were to stop.
  Guarded<std::vector<RequestId>> ended;
  std::unique_ptr<web::Server> server;
};

/// The body of an answer; fails the test when it is no JSON.
io::JsonDocument json_of(const Received& answer);

/// The text of an error answer; fails the test when the body has another form.
std::string error_of(const Received& answer);

}  // namespace iib::test
