#include "eventually.hpp"
#include "site.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <sstream>

// What the daemon's log looks like, and that what goes wrong inside is told there alone.

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kMinimal =
    "login_disabled: true\niib_registry: registry.example.com\niib_queues: {iib: 0}\n";
constexpr auto kRemove =
    R"({"operators": ["o"], "binary_image": "r.example.com/i:1", "from_index": "r.example.com/x:1"})";

/// A folder with a daemon in it.
struct Place {
  explicit Place(const std::string& more)
      : daemon{directory.path() / "state", std::string{kMinimal} + more} {}

  TempDir directory{std::filesystem::temp_directory_path(), "log-"};
  Daemon daemon;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Breaks the database for a daemon that has it open.
void hide_requests(const Daemon& daemon) {
  constexpr int kPatienceMs = 60'000;  // should the daemon write at this moment
  SQLite::Database database{(daemon.state() / "iibd.db").string(), SQLite::OPEN_READWRITE,
                            kPatienceMs};
  database.exec("PRAGMA legacy_alter_table = ON");
  database.exec("ALTER TABLE request RENAME TO hidden");
}

}  // namespace

TEST_CASE("a log of JSON has one object a line, and the facts of each request", "[log]") {
  Place place{"iib_log_output: json\niib_additional_loggers: [urllib3]\n"};
  place.daemon.start();
  const auto answer = place.daemon.get("/api/v1/builds/1?x=\"y");
  REQUIRE(place.daemon.stop() == 0);

  bool found = false;
  for (const auto& line : lines_of(place.daemon.log())) {
    CAPTURE(line);
    const auto json = io::parse_json(line);
    for (const auto* name : {"time", "level", "module", "message"}) {
      REQUIRE(json.HasMember(name));
      CHECK(json[name].IsString());
    }
    if (text_of(json, "module") != "http") continue;
    found = true;
    CHECK(text_of(json, "message") == "answered");
    CHECK(text_of(json, "level") == "INFO");
    CHECK(text_of(json, "method") == "GET");
    CHECK(text_of(json, "path") == "/api/v1/builds/1");
    CHECK(json["status"].GetInt() == 404);
    CHECK(json["ms"].GetDouble() > 0);
    CHECK(json["bytes"].GetUint() == answer.body.size());
    CHECK(text_of(json, "user") == "-");
    CHECK(text_of(json, "request") == answer.headers.at("x-request-id"));
  }
  CHECK(found);
  CHECK_THAT(place.daemon.log(), Catch::Contains("'urllib3'"));
}

TEST_CASE("a log has the format of the original service when that is set", "[log]") {
  Place place{"iib_log_format: '<%(levelname)s|%(name)s|%(module)s.%(funcName)s> %(message)s'\n"};
  place.daemon.start();
  REQUIRE(place.daemon.get("/api/v1/healthcheck").status == 200);
  REQUIRE(place.daemon.stop() == 0);

  CHECK_THAT(place.daemon.log(), Catch::Contains("<INFO|app|app.serve> listening on http://"));
  CHECK_THAT(place.daemon.log(),
             Catch::Contains("<INFO|http|http.log_access> answered method=GET path="));
}

TEST_CASE("a format with an unknown placeholder stops the start", "[log]") {
  Place place{"iib_log_format: '%(message)s %(processName)s'\n"};

  CHECK(place.daemon.run_to_end() != 0);

  CHECK_THAT(place.daemon.log(), Catch::Contains("iib_log_format") &&
                                     Catch::Contains("`%(processName)s` is unknown") &&
                                     Catch::Contains("`%(funcName)s`"));
}

TEST_CASE("modules have levels of their own", "[log]") {
  Place place{"iib_log_level: ERROR\niib_log_levels: {app: INFO}\n"};
  place.daemon.start();
  REQUIRE(place.daemon.get("/api/v1/healthcheck").status == 200);
  REQUIRE(place.daemon.stop() == 0);

  CHECK_THAT(place.daemon.log(), Catch::Contains(" app: ") && !Catch::Contains(" http: "));
}

TEST_CASE("what SQLite tells is logged when its logger is named", "[log]") {
  const bool named = GENERATE(true, false);
  Place place{named ? "iib_additional_loggers: [sqlite]\n" : ""};
  place.daemon.start();
  submit(place.daemon, "rm", kRemove);
  place.daemon.kill();  // leaves a write-ahead log behind, which is a thing that SQLite tells

  place.daemon.start();
  REQUIRE(place.daemon.stop() == 0);

  const auto log = place.daemon.log();
  CHECK((log.find("info sqlite: recovered ") != std::string::npos) == named);
}

TEST_CASE("an unexpected failure is a 500 whose incident the log explains", "[log][incident]") {
  Place place{""};
  auto& daemon = place.daemon;
  daemon.start();
  REQUIRE(submit(daemon, "rm", kRemove) == 1);
  REQUIRE(daemon.get("/api/v1/builds/1").status == 200);
  hide_requests(daemon);

  const auto [answer, what] = GENERATE_COPY(table<Answer (*)(const Daemon&), std::string>({
      {[](const Daemon& each) { return each.get("/api/v1/builds/1"); }, "one request"},
      {[](const Daemon& each) { return each.get("/api/v1/builds"); }, "a list"},
      {[](const Daemon& each) { return each.post("/api/v1/builds/rm", kRemove); }, "a submission"},
  }));
  CAPTURE(what);
  const auto failed = answer(daemon);

  CHECK(failed.status == 500);
  REQUIRE(failed.json.MemberCount() == 1);
  const auto text = text_of(failed.json, "error");
  constexpr std::size_t kIncidentLength = 16;
  REQUIRE(text.size() > kIncidentLength);
  const auto incident = text.substr(text.size() - kIncidentLength);
  CHECK(incident.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK_THAT(failed.body, !Catch::Contains("table") && !Catch::Contains("SQL") &&
                              !Catch::Contains(daemon.state().string()));
  CHECK_THAT(daemon.log(), Catch::Contains(fmt::format("incident {}: ", incident)) &&
                               Catch::Contains("no such table"));
  CHECK(daemon.get("/api/v1/nothing").status == 404);  // it lives on
}

}  // namespace iib::test
