#include "iib/store/key.hpp"
#include "store/seal.hpp"
#include "store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <sys/stat.h>

using namespace iib;
using namespace iib::store;
using namespace iib::store::test;
using model::RequestState;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kToken = "builder:correct-horse-battery-staple";
constexpr std::chrono::seconds kLease{60};
constexpr std::size_t kFileLimit = 100'000'000;

model::NewBatch with_token() {
  auto request = new_request();
  request.secrets.overwrite_token = Secret{std::string{kToken}};
  request.secrets.registry_auths = Secret{std::string{R"({"auths": {"r": {"auth": "c2VjcmV0"}}})"}};
  return batch_of(std::move(request));
}

/// Whether any file of the state directory holds `bytes`: database, write-ahead log and all.
bool in_any_file(const StateDir& state, std::string_view bytes) {
  for (const auto& entry : fs::directory_iterator{state.dir.path()}) {
    if (read_file(entry.path(), kFileLimit).find(bytes) != std::string::npos) return true;
  }
  return false;
}

std::string stored_secrets(const StateDir& state) {
  SQLite::Database database{state.database().string()};
  SQLite::Statement row{database, "SELECT secrets FROM job"};
  row.executeStep();
  return row.getColumn(0).getString();
}

}  // namespace

TEST_CASE("no file ever holds the plain text of a secret", "[store]") {
  StateDir state;
  state.destinations = {.build_state = "topic://build", .batch_state = "topic://batch"};
  const auto store = state.open();
  submit(*store, with_token());

  REQUIRE(in_any_file(state, "registry.example.com/tools/opm:v9"));  // the search does find
  CHECK_FALSE(in_any_file(state, "correct-horse"));
  const auto job = store->claim("iib", "here", kLease);
  REQUIRE(job->secrets.overwrite_token->reveal() == kToken);
  CHECK_FALSE(in_any_file(state, "correct-horse"));
  store->finish(claim_of(*job), RequestState::failed, "no", {});
  CHECK_FALSE(in_any_file(state, "correct-horse"));
  CHECK_FALSE(in_any_file(state, "c2VjcmV0"));
}

TEST_CASE("the sealed secrets of a job are erased when it ends", "[store]") {
  StateDir state;
  auto store = state.open();
  submit(*store, with_token());
  const std::string sealed = stored_secrets(state);
  REQUIRE(sealed.size() > kToken.size());
  REQUIRE(in_any_file(state, sealed));
  const Claim mine = claim_of(*store->claim("iib", "here", kLease));

  SECTION("by the job itself") {
    store->finish(mine, RequestState::complete, "done", {});
  }
  SECTION("by recovery that gives up") {
    store->recover("here", 1);
  }

  CHECK(stored_secrets(state).empty());
  store.reset();  // writes the log back into the database
  CHECK_FALSE(in_any_file(state, sealed));
}

TEST_CASE("a job whose key was lost says so", "[store]") {
  StateDir state;
  submit(*state.open(), with_token());
  state.key = 'x';
  const auto store = state.open();

  const auto job = store->claim("iib", "here", kLease);

  REQUIRE(job.has_value());
  REQUIRE(job->secrets_problem.has_value());
  CHECK_THAT(*job->secrets_problem, Catch::Contains("key"));
  CHECK(job->secrets.empty());
}

TEST_CASE("a job without secrets does not miss the key", "[store]") {
  StateDir state;
  submit(*state.open(), batch_of(new_request()));
  state.key = 'x';

  CHECK_FALSE(state.open()->claim("iib", "here", kLease)->secrets_problem.has_value());
}

TEST_CASE("what was sealed opens with the same key for the same request only", "[store]") {
  const Secret key = make_key();
  const std::string sealed = seal(key, RequestId{7}, Secret{"text"});

  REQUIRE(open_sealed(key, RequestId{7}, sealed).has_value());
  CHECK(open_sealed(key, RequestId{7}, sealed)->reveal() == "text");
  CHECK_FALSE(open_sealed(key, RequestId{8}, sealed).has_value());
  CHECK_FALSE(open_sealed(make_key(), RequestId{7}, sealed).has_value());
  CHECK(seal(key, RequestId{7}, Secret{"text"}) != sealed);  // never the same nonce
}

TEST_CASE("a sealed text that changed anywhere does not open", "[store]") {
  const Secret key = make_key();
  const std::string sealed = seal(key, RequestId{7}, Secret{"text"});

  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CAPTURE(at);
    CHECK_FALSE(open_sealed(key, RequestId{7}, changed).has_value());
    CHECK_FALSE(open_sealed(key, RequestId{7}, sealed.substr(0, at)).has_value());
  }
}

TEST_CASE("the first start makes a private key file, the next one reads it", "[store]") {
  const TempDir dir{fs::temp_directory_path()};
  const KeyPlaces places{.credentials = {}, .file = {}, .state_dir = dir.path()};

  const Secret first = load_key(places);
  const Secret second = load_key(places);

  CHECK(first.reveal().size() == 32);
  CHECK(first.reveal() == second.reveal());
  CHECK(fs::status(dir.path() / "secret.key").permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a key comes from the credential, else from the configured file", "[store]") {
  const TempDir dir{fs::temp_directory_path()};
  KeyPlaces places{.credentials = dir.path() / "credentials",
                   .file = dir.path() / "key",
                   .state_dir = dir.path()};
  fs::create_directory(*places.credentials);
  write_file_atomically(dir.path() / "key", std::string(64, 'a') + "\n", 0600);

  CHECK(load_key(places).reveal() == std::string(32, '\xaa'));
  write_file_atomically(*places.credentials / "iibd-secret-key", std::string(32, 'c'), 0440);
  CHECK(load_key(places).reveal() == std::string(32, 'c'));
}

TEST_CASE("a key file that cannot be right is refused by name", "[store]") {
  const TempDir dir{fs::temp_directory_path()};
  const auto path = dir.path() / "key";
  const KeyPlaces places{.credentials = {}, .file = path, .state_dir = dir.path()};

  CHECK_THROWS_WITH(load_key(places), Catch::Contains(path.string() + " (iib_secret_key_file)"));
  write_file_atomically(path, "short", 0600);
  CHECK_THROWS_WITH(load_key(places), Catch::Contains(path.string() + " holds no key"));
  write_file_atomically(path, std::string(64, 'g'), 0600);
  CHECK_THROWS_WITH(load_key(places), Catch::Contains("holds no key"));
  write_file_atomically(path, std::string(32, 'k'), 0644);
  CHECK_THROWS_WITH(load_key(places), Catch::Contains("chmod 600"));
}
