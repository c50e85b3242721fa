#include "iib/web/users_file.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <fstream>
#include <thread>

namespace iib::test {
namespace {

using web::PasswordHash;
using web::UserEntry;

const std::filesystem::path kPath{"users"};
const std::string kSalt(16, 's');
const std::string kHash(32, 'h');

/// A cheap one: these tests do not measure scrypt.
UserEntry with_password(const std::string& name) {
  return {.name = name,
          .added = "2031-05-04",
          .credential = PasswordHash{
              .log_cost = 10, .block_size = 8, .lanes = 1, .salt = kSalt, .hash = kHash}};
}

UserEntry with_token(const std::string& name, const std::string& token) {
  return {.name = name, .added = "2031-05-04", .credential = web::hash_token(token)};
}

std::string problem_of(const std::string& content) {
  try {
    static_cast<void>(web::parse_users(content, kPath));
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a users file is read as it was written", "[web][users-file]") {
  const std::vector<UserEntry> entries{with_password("alice@REALM"), with_token("ci", "one"),
                                       with_token("ci", "two")};

  CHECK(web::parse_users(web::to_text(entries), kPath) == entries);
  CHECK(web::parse_users("", kPath).empty());
  CHECK(web::parse_users("# only a remark\n\n", kPath).empty());
}

TEST_CASE("a bad line is named", "[web][users-file]") {
  const auto digest = web::hash_token("t").sha256;
  const auto salt = std::string(32, 'a');
  const auto hash = std::string(64, 'b');
  const auto good = "a:password:2031-05-04:scrypt:15:8:3:" + salt + ":" + hash;
  REQUIRE(problem_of(good).empty());
  const auto [line, problem] = GENERATE_COPY(table<std::string, std::string>({
      {"nonsense", "the kind is missing"},
      {":token:2031-05-04:" + digest, "a user's name must"},
      {"a b:token:2031-05-04:" + digest, "a user's name must"},
      {"a:ticket:2031-05-04:" + digest, "the kind must be"},
      {"a:token:2031-05-04", "the digest is missing"},
      {"a:token:2031-05-04:" + digest.substr(1), "the digest must be"},
      {"a:token:2031-05-04:" + digest + ":more", "more than the fields"},
      {"a:password:2031-05-04:bcrypt:15:8:3:" + salt + ":" + hash, "the hash must be scrypt"},
      {"a:password:2031-05-04:scrypt:40:8:3:" + salt + ":" + hash, "the cost must be a number"},
      {"a:password:2031-05-04:scrypt:15:8:9999:" + salt + ":" + hash, "the number of lanes"},
      {"a:password:2031-05-04:scrypt:15:8:3:xyz:" + hash, "the salt must be"},
      {"a:password:2031-05-04:scrypt:15:8:3:" + salt + ":", "the hash must be 32"},
      {good + "\n" + good, "a has a password already"},
      {std::string(2000, 'a'), "the line is too long"},
  }));
  CAPTURE(line);

  const auto found = problem_of("# heading\n" + line + "\n");

  CHECK_THAT(found, Catch::StartsWith(line.starts_with(good) ? "users:3: " : "users:2: "));
  CHECK_THAT(found, Catch::Contains(problem));
}

TEST_CASE("a password matches its own hash only", "[web][users-file]") {
  const auto kept = web::hash_password("correct horse");

  CHECK(web::matches(kept, "correct horse"));
  CHECK_FALSE(web::matches(kept, "correct horsf"));
  CHECK_FALSE(web::matches(kept, ""));
  CHECK(web::hash_password("correct horse").hash != kept.hash);  // salted
}

TEST_CASE("scrypt is the one of RFC 7914", "[web][users-file]") {
  // Section 12, the test vector with N = 1024, r = 8, p = 16, its first 32 bytes.
  constexpr std::string_view kKey{
      "\xfd\xba\xbe\x1c\x9d\x34\x72\x00\x78\x56\xe7\x19\x0d\x01\xe9\xfe"
      "\x7c\x6a\xd7\xcb\xc8\x23\x78\x30\xe7\x73\x76\x63\x4b\x37\x31\x62",
      32};
  const PasswordHash vector{
      .log_cost = 10, .block_size = 8, .lanes = 16, .salt = "NaCl", .hash = std::string{kKey}};

  CHECK(web::matches(vector, "password"));
}

TEST_CASE("tokens are long and different", "[web][users-file]") {
  const auto one = web::new_token();
  const auto other = web::new_token();

  CHECK(one.size() == 48);
  CHECK_THAT(one, Catch::StartsWith("iibd_"));
  CHECK(one != other);
  CHECK(web::hash_token(one) == web::hash_token(one));
  CHECK_FALSE(web::hash_token(one) == web::hash_token(other));
}

TEST_CASE("a users file is replaced whole and stays private", "[web][users-file]") {
  const TempDir dir{"/tmp", "iibd-users-"};
  const auto path = dir.path() / "users";

  web::change_users(path, [](auto& entries) { entries.push_back(with_token("a", "1")); });

  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600U);
  CHECK(web::read_users(path).size() == 1);

  SECTION("what the daemon would refuse is not written") {
    CHECK_THROWS_AS(web::change_users(path,
                                      [](auto& entries) {
                                        entries.push_back(with_password("b"));
                                        entries.push_back(with_password("b"));
                                      }),
                    UserError);
    CHECK(web::read_users(path).size() == 1);
  }
  SECTION("a change that fails leaves it") {
    CHECK_THROWS_AS(web::change_users(path,
                                      [](auto& entries) {
                                        entries.clear();
                                        throw UserError{"no"};
                                      }),
                    UserError);
    CHECK(web::read_users(path).size() == 1);
  }
  SECTION("two writers take turns") {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&, writer] {
        for (int round = 0; round < 5; ++round) {
          web::change_users(path, [&](auto& entries) {
            entries.push_back(with_token("w", std::to_string(writer * 100 + round)));
          });
        }
      });
    }
    writers.clear();
    CHECK(web::read_users(path).size() == 21);
  }
  SECTION("and is refused when others may read it") {
    std::filesystem::permissions(path, std::filesystem::perms{0604});
    CHECK_THROWS_WITH(web::read_users(path), Catch::Contains("chmod 600"));
  }
}

}  // namespace iib::test
