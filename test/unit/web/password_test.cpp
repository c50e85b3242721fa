#include "fixture.hpp"
#include "iib/web/users_file.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>

namespace iib::test {
namespace {

constexpr auto kAdd = "/api/v1/builds/add";
constexpr auto kGoodAdd =
    R"({"bundles": ["r/b:1"], "binary_image": "r/o:1", "from_index": "r/i:1"})";
// builder:correct horse, builder:wrong and nobody:wrong
constexpr auto kRight = "Authorization: Basic YnVpbGRlcjpjb3JyZWN0IGhvcnNl\r\n";
constexpr auto kWrong = "Authorization: Basic YnVpbGRlcjp3cm9uZw==\r\n";
constexpr auto kNobody = "Authorization: Basic bm9ib2R5Ondyb25n\r\n";

/// A users file with builder's password and a token of ci.
struct UsersFile {
  UsersFile() {
    web::change_users(path, [&](auto& entries) {
      entries.push_back({.name = "builder",
                         .added = "2031-05-04",
                         .credential = web::hash_password("correct horse")});
      entries.push_back(
          {.name = "ci", .added = "2031-05-04", .credential = web::hash_token(token)});
    });
  }
  [[nodiscard]] web::Options options() const {
    auto options = WebFixture::open_options();
    options.login_disabled = false;
    options.users_file = path;
    return options;
  }
  [[nodiscard]] std::string bearer() const {
    return fmt::format("Authorization: Bearer {}\r\n", token);
  }

  TempDir dir{"/tmp", "iibd-users-"};
  std::filesystem::path path = dir.path() / "users";
  std::string token = web::new_token();
};

std::chrono::duration<double> time_of(const WebFixture& fixture, const std::string& headers) {
  const auto begin = std::chrono::steady_clock::now();
  static_cast<void>(fixture.post(kAdd, kGoodAdd, headers));
  return std::chrono::steady_clock::now() - begin;
}

/// The least of several times: what a busy machine adds to some of them does not count.
std::chrono::duration<double> least_time_of(const WebFixture& fixture, const std::string& headers) {
  auto least = time_of(fixture, headers);
  for (int more = 0; more < 9; ++more) least = std::min(least, time_of(fixture, headers));
  return least;
}

}  // namespace

TEST_CASE("a name and its password, or a token, say who the user is", "[web][users]") {
  const UsersFile users;
  WebFixture fixture{users.options()};

  const auto by_password = fixture.post(kAdd, kGoodAdd, kRight);
  const auto by_token = fixture.post(kAdd, kGoodAdd, users.bearer());

  REQUIRE(by_password.status == 201);
  CHECK(json_of(by_password)["user"] == "builder");
  REQUIRE(by_token.status == 201);
  CHECK(json_of(by_token)["user"] == "ci");
}

TEST_CASE("credentials that are wrong are refused", "[web][users]") {
  const UsersFile users;
  WebFixture fixture{users.options()};
  const std::string header =
      GENERATE(as<std::string>{}, kWrong, kNobody, "Authorization: Basic\r\n",
               "Authorization: Basic ****\r\n", "Authorization: Basic YnVpbGRlcg==\r\n",
               "Authorization: Bearer iibd_nothing\r\n", "Authorization: Digest x\r\n", "");
  CAPTURE(header);

  const auto answer = fixture.post(kAdd, kGoodAdd, header);

  CHECK(answer.status == 401);
  CHECK(answer.headers.contains("www-authenticate"));
}

TEST_CASE("two sets of credentials are refused", "[web][users]") {
  const UsersFile users;
  WebFixture fixture{users.options()};

  CHECK(fixture.post(kAdd, kGoodAdd, std::string{kRight} + kRight).status == 401);
}

TEST_CASE("with login disabled wrong credentials do not pass as nobody's", "[web][users]") {
  const UsersFile users;
  auto options = users.options();
  options.login_disabled = true;
  WebFixture fixture{options};

  CHECK(fixture.post(kAdd, kGoodAdd).status == 201);
  CHECK(json_of(fixture.post(kAdd, kGoodAdd, kRight))["user"] == "builder");
  CHECK(fixture.post(kAdd, kGoodAdd, kWrong).status == 401);
}

TEST_CASE("a password that was right is remembered, another is not", "[web][users]") {
  const UsersFile users;
  WebFixture fixture{users.options()};
  const auto first = time_of(fixture, kRight);

  const auto again = least_time_of(fixture, kRight);

  CHECK(again < first / 4);
  // The slow way, however often; what takes its time takes no less on a busy machine.
  for (int tries = 0; tries < 2; ++tries) CHECK(again < time_of(fixture, kWrong) / 4);
  // Whether there is such a user does not show in the time.
  CHECK(again < time_of(fixture, kNobody) / 4);
}

TEST_CASE("while passwords are compared the server goes on", "[web][users]") {
  const UsersFile users;
  WebFixture fixture{users.options()};
  std::vector<std::future<Received>> waiting;
  for (int at = 0; at < 6; ++at) {
    waiting.push_back(
        std::async(std::launch::async, [&] { return fixture.post(kAdd, kGoodAdd, kWrong); }));
  }

  CHECK(fixture.get("/api/v1/builds").status == 200);
  CHECK(fixture.post(kAdd, kGoodAdd, users.bearer()).status == 201);

  for (auto& answer : waiting) CHECK(answer.get().status == 401);
}

TEST_CASE("a server that stops does not wait for passwords to be compared", "[web][users]") {
  const UsersFile users;
  auto options = users.options();
  options.limits.stop = std::chrono::milliseconds{0};
  WebFixture fixture{options};
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int at = 0; at < 40; ++at) {
    clients.push_back(std::make_unique<RawClient>(fixture.address()));
    clients.back()->send(request_text("POST", kAdd, kGoodAdd, kWrong));
  }
  const auto begin = std::chrono::steady_clock::now();

  fixture.server->stop();

  const auto one = std::chrono::steady_clock::now() - begin;
  CHECK(one < std::chrono::seconds{10});  // forty of them take longer than that
}

TEST_CASE("a bad users file is refused at the start and ignored later", "[web][users]") {
  const UsersFile users;
  WebFixture fixture{users.options()};
  std::filesystem::permissions(users.path, std::filesystem::perms{0644});

  CHECK_THROWS_WITH(WebFixture{users.options()}, Catch::Contains("chmod 600"));

  fixture.server->reload();
  CHECK(fixture.post(kAdd, kGoodAdd, users.bearer()).status == 201);
}

}  // namespace iib::test
