#include "iib/base/sha256.hpp"
#include "service.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <fstream>

namespace iib::test {
namespace {

const std::string kUsers = "iib_users_file: FOLDER/users\n";
constexpr auto kReloaded = "the users file was read anew";

std::vector<std::string> basic(const std::string& name, const std::string& password) {
  return {"-u", name + ":" + password};
}

std::vector<std::string> bearer(const std::string& token) {
  return {"-H", "Authorization: Bearer " + token};
}

/// The token is the one line of what `iibd user add --token` prints that begins so.
std::string token_in(const std::string& output) {
  const auto at = output.find("iibd_");
  return at == std::string::npos ? std::string{} : output.substr(at, output.find('\n', at) - at);
}

}  // namespace

TEST_CASE("a password of the users file names its user", "[auth][users]") {
  Service service{kUsers};
  REQUIRE(service.user({"add", "builder"}, "correct horse\n").status == 0);
  service.daemon.start();

  const auto answer = submit(service.url(), basic("builder", "correct horse"));
  CHECK(answer.status == 201);
  CHECK_THAT(answer.text, Catch::Contains(R"("user":"builder")"));

  const auto wrong = submit(service.url(), basic("builder", "battery staple"));
  CHECK(wrong.status == 401);
  CHECK_THAT(wrong.text, Catch::Contains("WWW-Authenticate: Basic realm=\"iibd\""));
  CHECK_THAT(wrong.text, Catch::Contains("WWW-Authenticate: Bearer realm=\"iibd\""));
  CHECK(submit(service.url(), basic("nobody", "correct horse")).status == 401);
  CHECK_THAT(service.daemon.log(), !Catch::Contains("horse") && !Catch::Contains("staple"));
}

TEST_CASE("a token of the users file names its user", "[auth][users]") {
  Service service{kUsers};
  const auto made = service.user({"add", "ci@EXAMPLE.COM", "--token"});
  REQUIRE(made.status == 0);
  const auto token = token_in(made.output);
  REQUIRE(token.size() == 48);  // the beginning and 256 bits in base64
  service.daemon.start();

  const auto answer = submit(service.url(), bearer(token));
  CHECK(answer.status == 201);
  CHECK_THAT(answer.text, Catch::Contains(R"("user":"ci@EXAMPLE.COM")"));

  CHECK(submit(service.url(), bearer(token + "x")).status == 401);
  CHECK(submit(service.url(), bearer("")).status == 401);
  CHECK_THAT(read_file(service.folder() / "users", 1U << 20U), !Catch::Contains(token));
  CHECK_THAT(service.daemon.log(), !Catch::Contains(token));
}

TEST_CASE("SIGHUP brings new users in and takes old ones out", "[auth][users]") {
  Service service{kUsers};
  const auto token = token_in(service.user({"add", "ci", "--token"}).output);
  service.daemon.start();
  REQUIRE(submit(service.url(), bearer(token)).status == 201);

  REQUIRE(service.user({"remove", "ci"}).status == 0);
  REQUIRE(service.user({"add", "late"}, "a new password\n").status == 0);
  CHECK(submit(service.url(), bearer(token)).status == 201);
  service.reload(kReloaded);

  CHECK(submit(service.url(), bearer(token)).status == 401);
  CHECK(submit(service.url(), basic("late", "a new password")).status == 201);

  SECTION("but a bad file changes nothing") {
    std::ofstream{service.folder() / "users", std::ios::app} << "broken\n";
    service.reload("the users stay as they were: ");
    CHECK(submit(service.url(), basic("late", "a new password")).status == 201);
  }
  SECTION("and a password that was changed is forgotten") {
    REQUIRE(service.user({"add", "late"}, "yet another one\n").status == 0);
    service.reload(kReloaded);
    CHECK(submit(service.url(), basic("late", "a new password")).status == 401);
    CHECK(submit(service.url(), basic("late", "yet another one")).status == 201);
  }
}

TEST_CASE("iibd user keeps its file for one pair of eyes", "[auth][users]") {
  Service service{kUsers};
  REQUIRE(service.user({"add", "b"}, "a password\n").status == 0);
  REQUIRE(service.user({"add", "b", "--token"}).status == 0);
  REQUIRE(service.user({"add", "a", "--token"}).status == 0);

  struct stat found {};
  REQUIRE(::stat((service.folder() / "users").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600U);
  const auto list = service.user({"list"}).output;
  CHECK(list.find("a\ttoken ") < list.find("b\tpassword\t"));
  CHECK_THAT(list, Catch::Contains("b\ttoken "));

  SECTION("removes tokens alone") {
    REQUIRE(service.user({"remove", "b", "--token"}).status == 0);
    CHECK_THAT(service.user({"list"}).output, !Catch::Contains("b\ttoken"));
    CHECK_THAT(service.user({"list"}).output, Catch::Contains("b\tpassword"));
  }
  SECTION("removes one token by the id that the list shows") {
    const auto made = service.user({"add", "b", "--token"});
    const auto id = sha256_hex(token_in(made.output)).substr(0, 8);
    CHECK_THAT(service.user({"list"}).output, Catch::Contains("b\ttoken " + id + "\t"));
    CHECK(service.user({"remove", "a", "--id", id}).status == 1);  // of somebody else
    REQUIRE(service.user({"remove", "b", "--id", id}).status == 0);
    const auto left = service.user({"list"}).output;
    CHECK_THAT(left, !Catch::Contains(id) && Catch::Contains("b\ttoken ") &&
                         Catch::Contains("b\tpassword") && Catch::Contains("a\ttoken "));
    CHECK(service.user({"remove", "b", "--id", id}).status == 1);
  }
  SECTION("and says what is wrong") {
    CHECK(service.user({"remove", "nobody"}).status == 1);
    CHECK(service.user({"add", "with:colon"}, "a password\n").status == 1);
    CHECK(service.user({"add", "c"}, "short\n").status == 1);
    CHECK(service.user({"add", "c"}, "").status == 1);
    CHECK(service.user({"add"}).status == 2);
    // The id of a token may end with a "c", too.
    CHECK_THAT("\n" + service.user({"list"}).output, !Catch::Contains("\nc\t"));
  }
}

TEST_CASE("a users file that cannot be used stops the start", "[auth][users]") {
  Service service{kUsers};
  const auto file = service.folder() / "users";
  SECTION("one that is not there") {
    CHECK(service.daemon.run_to_end() != 0);
    CHECK_THAT(service.daemon.log(), Catch::Contains("iibd user add"));
  }
  SECTION("one that others may read") {
    REQUIRE(service.user({"add", "a", "--token"}).status == 0);
    std::filesystem::permissions(file, std::filesystem::perms{0644});
    CHECK(service.daemon.run_to_end() != 0);
    CHECK_THAT(service.daemon.log(), Catch::Contains("chmod 600"));
  }
  SECTION("one with a bad line") {
    REQUIRE(service.user({"add", "a", "--token"}).status == 0);
    std::ofstream{file, std::ios::app} << "a:token:2026-01-01:xyz\n";
    CHECK(service.daemon.run_to_end() != 0);
    CHECK_THAT(service.daemon.log(), Catch::Contains("users:4: "));
  }
}

}  // namespace iib::test
