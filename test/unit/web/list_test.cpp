#include "fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

std::vector<int> ids(const Received& answer) {
  std::vector<int> result;
  const auto json = json_of(answer);
  for (const auto& item : json["items"].GetArray()) result.push_back(item["id"].GetInt());
  return result;
}

}  // namespace

TEST_CASE("requests are listed newest first, page by page", "[web][list]") {
  WebFixture fixture;
  for (int count = 0; count < 5; ++count) fixture.submit_add();

  const auto answer = fixture.get("/api/v1/builds?page=2&per_page=2&nonsense=1");

  CHECK(ids(answer) == std::vector<int>{3, 2});
  const auto json = json_of(answer);
  const auto& meta = json["meta"];
  CHECK(meta["page"].GetInt() == 2);
  CHECK(meta["pages"].GetInt() == 3);
  CHECK(meta["per_page"].GetInt() == 2);
  CHECK(meta["total"].GetInt() == 5);
  CHECK(meta["first"] == "http://iib.test/api/v1/builds?page=1&per_page=2");
  CHECK(meta["previous"] == "http://iib.test/api/v1/builds?page=1&per_page=2");
  CHECK(meta["next"] == "http://iib.test/api/v1/builds?page=3&per_page=2");
  CHECK(meta["last"] == "http://iib.test/api/v1/builds?page=3&per_page=2");
}

TEST_CASE("an empty listing is a page too", "[web][list]") {
  WebFixture fixture;

  const auto json = json_of(fixture.get("/api/v1/builds"));

  CHECK(json["items"].Empty());
  CHECK(json["meta"]["pages"].GetInt() == 0);
  CHECK(json["meta"]["per_page"].GetInt() == 20);
  CHECK(json["meta"]["last"] == "http://iib.test/api/v1/builds?page=0&per_page=20");
  CHECK(json["meta"]["next"].IsNull());
  CHECK(json["meta"]["previous"].IsNull());
}

TEST_CASE("a bad page is not found, a large one is cut", "[web][list]") {
  auto options = WebFixture::open_options();
  options.max_per_page = 3;
  WebFixture fixture{std::move(options)};
  fixture.submit_add();
  const auto bad = GENERATE(as<std::string>{}, "page=0", "page=-1", "page=", "page=x", "page=1.0",
                            "page=2", "page=99999999999999999999", "page=9223372036854775807",
                            "per_page=0", "per_page=-5", "per_page=", "per_page=ten");
  CAPTURE(bad);

  CHECK(fixture.get("/api/v1/builds?" + bad).status == 404);
  CHECK(json_of(fixture.get("/api/v1/builds"))["meta"]["per_page"].GetInt() == 3);
  CHECK(json_of(fixture.get("/api/v1/builds?per_page=99999999999999999999"))["meta"]["per_page"]
            .GetInt() == 3);
}

TEST_CASE("filters narrow the listing and combine", "[web][list]") {
  auto options = WebFixture::open_options();
  options.trusted_proxies.networks = {*config::Network::parse("127.0.0.1")};
  WebFixture fixture{std::move(options)};
  fixture.submit_add();
  fixture.submit_add(R"(, "from_index": "r/a%_b:2")", "X-Remote-User: me@R\r\n");
  fixture.submit_add(R"(, "from_index": "r/other:2")", "X-Remote-User: me@R\r\n");
  model::Learned learned;
  learned.facts.index_image = "r/out:1";
  fixture.finish_next(model::RequestState::complete, learned);
  const auto [query, expected] = GENERATE(table<std::string, std::vector<int>>({
      {"state=complete", {1}},
      {"state=in_progress", {3, 2}},
      {"state=&user=&request_type=", {3, 2, 1}},
      {"batch=2", {2}},
      {"batch=002", {2}},
      {"batch=77", {}},
      {"batch=99999999999999999999", {}},
      {"state=complete&batch=1", {1}},
      {"state=failed&batch=1", {}},
      {"request_type=add", {3, 2, 1}},
      {"request_type=generic", {}},
      {"request_type=rm", {}},
      {"user=me%40R", {3, 2}},
      {"user=me", {}},
      {"user=me%40R&user=you", {3, 2}},
      {"from_index=r/i:1", {1}},
      {"from_index=r/b:1", {}},
      {"from_index_startswith=r/", {3, 2, 1}},
      {"from_index_startswith=r/a%25_", {2}},
      {"from_index_startswith=r/b", {}},
      {"index_image=r/out:1", {1}},
      {"index_image=r/i:1", {}},
      {"user=me%40R&state=in_progress&from_index=r/other:2", {3}},
  }));
  CAPTURE(query);

  const auto answer = fixture.get("/api/v1/builds?" + query);

  CHECK(answer.status == 200);
  CHECK(ids(answer) == expected);
}

TEST_CASE("a bad filter is a 400 that says what is allowed", "[web][list]") {
  WebFixture fixture;
  fixture.submit_add();
  const auto [query, message] = GENERATE(table<std::string, std::string>({
      {"state=done", "in_progress, complete, failed"},
      {"state=COMPLETE", "in_progress, complete, failed"},
      {"batch=", "integer"},
      {"batch=0", "1 or more"},
      {"batch=x", "integer"},
      {"request_type=regenerate_bundle", "regenerate-bundle"},
      {"from_index=r/never:1", "'from_index'"},
      {"from_index_startswith=q", "'from_index_startswith'"},
      {"from_index_startswith=r/_", "'from_index_startswith'"},
      {"index_image=r/never:1", "'index_image'"},
      {"index_image=%FF%FE", "'index_image'"},
      {"page=0&state=done", "'state'"},
      {"batch=x&state=done", "'state'"},
  }));
  CAPTURE(query);

  const auto answer = fixture.get("/api/v1/builds?" + query);

  CHECK(answer.status == 400);
  CHECK_THAT(error_of(answer), Catch::Contains(message));
}

TEST_CASE("links carry the filters in force, encoded", "[web][list]") {
  WebFixture fixture;
  fixture.submit_add();
  fixture.submit_add();

  const auto json = json_of(fixture.get(
      "/api/v1/builds?verbose=TRUE&per_page=1&from_index=r/i:1&user=&state=in_progress&x=1"));

  CHECK(json["meta"]["next"] ==
        "http://iib.test/api/v1/builds?page=2&per_page=1&state=in_progress&from_index=r%2Fi%3A1"
        "&verbose=true");
}

TEST_CASE("verbose listings have the history, others have not", "[web][list]") {
  WebFixture fixture;
  fixture.submit_add();
  fixture.finish_next(model::RequestState::failed);

  CHECK(json_of(fixture.get("/api/v1/builds?verbose=1"))["items"][0]["state_history"].Size() == 2);
  const auto plain = json_of(fixture.get("/api/v1/builds?verbose=yes"));
  CHECK_FALSE(plain["items"][0].HasMember("state_history"));
  CHECK(plain["items"][0]["state"] == "failed");
}

}  // namespace iib::test
