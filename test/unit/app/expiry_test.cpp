#include "app/expiry.hpp"

#include "../store/store_fixture.hpp"
#include "eventually.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace iib;
using namespace iib::app;
using namespace iib::store::test;
using io::ArtifactKind;
using model::RequestState;

namespace {

namespace fs = std::filesystem;
using std::chrono::days;

/// A store, and the artifacts of its requests.
struct Kept {
  StateDir state;
  std::unique_ptr<store::Store> store = state.open();
  fs::path logs = state.dir.path() / "logs";
  fs::path bundles = state.dir.path() / "bundles";
  io::LocalArtifacts artifacts{
      {{ArtifactKind::request_log, logs}, {ArtifactKind::related_bundles, bundles}}};

  RequestId submit() { return submit_one(*store).id; }

  void finish_next(RequestState end = RequestState::complete) {
    const auto job = store->claim("iib", "here", std::chrono::seconds{60});
    store->finish(claim_of(*job), end, "ended", {});
  }

  /// A file that was written at the present moment of the store's clock.
  void write(const fs::path& file) const {
    std::ofstream{file} << "content";
    fs::last_write_time(file, std::chrono::file_clock::from_sys(state.clock.now()));
  }

  std::size_t expire() const {
    return delete_expired({*store, artifacts, state.clock, days{3}}, {}, quiet_log());
  }
};

}  // namespace

TEST_CASE("logs and artifacts go when the API says that they are gone, not before", "[expiry]") {
  Kept kept;
  kept.submit();
  kept.write(kept.logs / "1.log");
  kept.write(kept.bundles / "1_related_bundles.json");
  kept.finish_next(GENERATE(RequestState::complete, RequestState::failed));

  kept.state.clock.advance(days{3});
  CHECK(kept.expire() == 0);
  CHECK(fs::exists(kept.logs / "1.log"));

  kept.state.clock.advance(std::chrono::microseconds{1});
  CHECK(kept.expire() == 2);
  CHECK(fs::is_empty(kept.logs));
  CHECK(fs::is_empty(kept.bundles));
}

TEST_CASE("the log of a request that has not ended stays, however old", "[expiry]") {
  Kept kept;
  kept.submit();
  kept.write(kept.logs / "1.log");
  kept.state.clock.advance(days{300});
  CHECK(kept.expire() == 0);
  CHECK(fs::exists(kept.logs / "1.log"));
}

TEST_CASE("a request that ended late keeps the log that it wrote early", "[expiry]") {
  Kept kept;
  kept.submit();
  kept.write(kept.logs / "1.log");
  kept.state.clock.advance(days{4});
  kept.finish_next();
  CHECK(kept.expire() == 0);
  CHECK(fs::exists(kept.logs / "1.log"));
}

TEST_CASE("what belongs to no request is not touched", "[expiry]") {
  Kept kept;
  for (const auto* name : {"77.log", "notes.txt", "1.log.old", "x1.log", "0.log", "-1.log"}) {
    kept.write(kept.logs / name);
  }
  kept.submit();
  kept.finish_next();
  kept.state.clock.advance(days{30});
  CHECK(kept.expire() == 0);
}

TEST_CASE("deleting expired logs ends when the daemon stops", "[expiry]") {
  Kept kept;
  kept.submit();
  kept.write(kept.logs / "1.log");
  kept.finish_next();
  kept.state.clock.advance(days{30});
  std::jthread deleter{[&](std::stop_token stop) {
    keep_deleting_expired({*kept.store, kept.artifacts, kept.state.clock, days{3}},
                          Cancellation{std::move(stop)}, quiet_log());
  }};
  CHECK(iib::test::eventually(std::chrono::seconds{10},
                              [&] { return !fs::exists(kept.logs / "1.log"); }));
}
