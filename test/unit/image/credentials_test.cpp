#include "image/registry/credentials.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/image/auth_file.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <string>

namespace {

using iib::image::find_login;
using iib::model::ImageReference;

namespace fs = std::filesystem;

struct AuthFile {
  explicit AuthFile(const std::string& content) { iib::write_file_atomically(path, content); }
  iib::TempDir directory{fs::temp_directory_path()};
  fs::path path = directory.path() / "auth.json";
};

/// The user that is found for `image`; `-` for nobody.
std::string user_for(const AuthFile& file, const std::string& image) {
  const auto login = find_login(file.path, ImageReference::parse(image));
  return login ? login->user : "-";
}

std::string auths(const std::vector<std::pair<std::string, std::string>>& users) {
  std::string entries;
  for (const auto& [key, user] : users) {
    entries += fmt::format(R"({}"{}":{{"auth":"{}"}})", entries.empty() ? "" : ",", key,
                           iib::to_base64(user + ":p"));
  }
  return fmt::format(R"({{"auths":{{{}}}}})", entries);
}

}  // namespace

TEST_CASE("the login of the longest key that fits is found", "[image][registry]") {
  const AuthFile file{auths({{"quay.io", "all"},
                             {"quay.io/ns", "ns"},
                             {"quay.io/ns/op", "op"},
                             {"r.io:5000/a/b", "deep"},
                             {"r.io", "other port"}})};
  const auto [image, user] = GENERATE(table<std::string, std::string>({
      {"quay.io/ns/op:v1", "op"},
      {"quay.io/ns/op/sub:v1", "op"},
      {"quay.io/ns/op2:v1", "ns"},
      {"quay.io/ns:v1", "ns"},
      {"quay.io/ns2/op:v1", "all"},
      {"quay.io/x:v1", "all"},
      {"r.io:5000/a/b:v1", "deep"},
      {"r.io:5000/a:v1", "-"},
      {"r.io/a:v1", "other port"},
      {"sub.quay.io/ns/op:v1", "-"},
      {"quay.io.evil.example/ns/op:v1", "-"},
  }));
  CAPTURE(image);

  CHECK(user_for(file, image) == user);
}

TEST_CASE("keys that Docker wrote long ago count as their registry", "[image][registry]") {
  const auto [key, image, user] = GENERATE(table<std::string, std::string, std::string>({
      {"https://index.docker.io/v1/", "docker.io/library/busybox:1", "u"},
      {"https://index.docker.io/v1/", "registry-1.docker.io/library/busybox:1", "u"},
      {"docker.io", "index.docker.io/library/busybox:1", "u"},
      {"docker.io/ns", "registry-1.docker.io/ns/a:1", "u"},
      {"docker.io/ns", "docker.io/other/a:1", "-"},
      {"https://quay.io", "quay.io/ns/op:v1", "u"},
      {"https://quay.io/v2/", "quay.io/ns/op:v1", "u"},
      {"http://quay.io:5000/", "quay.io:5000/ns/op:v1", "u"},
      {"https://quay.io/ns", "quay.io/other/op:v1", "-"},
      {"https://quay.io/ns", "quay.io/ns/op:v1", "u"},
  }));
  CAPTURE(key, image);

  CHECK(user_for(AuthFile{auths({{key, "u"}})}, image) == user);
}

TEST_CASE("the plain spelling of a key comes before an old one", "[image][registry]") {
  const AuthFile file{auths({{"https://quay.io/v1/", "old"}, {"quay.io", "plain"}})};

  CHECK(user_for(file, "quay.io/ns/op:v1") == "plain");
}

TEST_CASE("a login is read in every form that it is written in", "[image][registry]") {
  const auto read = [](const std::string& entry) {
    const AuthFile file{R"({"auths":{"r.io":)" + entry + "}}"};
    return find_login(file.path, ImageReference::parse("r.io/a:1"));
  };

  SECTION("a password with colons") {
    const auto login = read(R"({"auth":")" + iib::to_base64("u:a:b:") + R"("})");
    REQUIRE(login);
    CHECK(login->user == "u");
    CHECK(login->password.reveal() == "a:b:");
    CHECK(login->key == "r.io");
  }
  SECTION("zeros behind the password, as old clients wrote them") {
    const auto login = read(R"({"auth":")" + iib::to_base64({"u:p\0\0", 5}) + R"("})");
    REQUIRE(login);
    CHECK(login->password.reveal() == "p");
  }
  SECTION("an empty password") {
    const auto login = read(R"({"auth":")" + iib::to_base64("u:") + R"("})");
    REQUIRE(login);
    CHECK(login->password.empty());
  }
  SECTION("user and password apart") {
    const auto login = read(R"({"username":"u","password":"p"})");
    REQUIRE(login);
    CHECK(login->user == "u");
    CHECK(login->password.reveal() == "p");
  }
  SECTION("an identity token") {
    const auto login = read(R"({"identitytoken":"t"})");
    REQUIRE(login);
    CHECK(login->identity_token.reveal() == "t");
    CHECK(login->user.empty());
  }
  SECTION("an empty entry means nobody, whatever the shorter keys say") {
    const AuthFile file{R"({"auths":{"r.io/a":{},"r.io":{"auth":"dTpw"}}})"};
    CHECK(user_for(file, "r.io/a:1") == "-");
    CHECK(user_for(file, "r.io/b:1") == "u");
  }
}

TEST_CASE("an entry that cannot be used is refused by its key, without showing it",
          "[image][registry]") {
  const auto [name, entry] = GENERATE(table<std::string, std::string>({
      {"not base64", R"({"auth":"hidden!"})"},
      {"base64 in two lines", R"({"auth":"dTpw\ndTpw"})"},
      {"no colon", R"({"auth":"aGlkZGVu"})"},
      {"no object", R"("hidden")"},
      {"a token for the registry itself", R"({"registrytoken":"hidden"})"},
  }));
  CAPTURE(name);
  const AuthFile file{R"({"auths":{"r.io":)" + entry + "}}"};

  CHECK_THROWS_WITH(find_login(file.path, ImageReference::parse("r.io/a:1")),
                    Catch::Contains("r.io") && Catch::Contains("iib_docker_config_template") &&
                        !Catch::Contains("hidden") && !Catch::Contains("aGlkZGVu"));
  CHECK(user_for(file, "other.io/a:1") == "-");
}

TEST_CASE("no auth file means nobody, a missing one is an error", "[image][registry]") {
  const auto image = ImageReference::parse("r.io/a:1");

  CHECK_FALSE(find_login({}, image));
  CHECK_FALSE(find_login(AuthFile{"{}"}.path, image));
  CHECK_FALSE(find_login(AuthFile{R"({"auths":null})"}.path, image));
  CHECK_THROWS_AS(find_login("/nonexistent/auth.json", image), iib::ExternalError);
  CHECK_THROWS_WITH(find_login(AuthFile{R"({"auths":{"r.io":{"auth":"hidden")"}.path, image),
                    !Catch::Contains("hidden"));
}

TEST_CASE("the login of a request's token is found in the auth file written for it",
          "[image][registry]") {
  const AuthFile base{auths({{"r.io:5000", "daemon"}})};
  const auto image = ImageReference::parse("r.io:5000/ns/index:v1");
  const iib::Secret token{"requester:p:w"};
  const auto written = base.directory.path() / "request.json";

  iib::image::write_auth_file(written, base.path, {.token = &token, .token_image = image});

  const auto login = find_login(written, image);
  REQUIRE(login);
  CHECK(login->user == "requester");
  CHECK(login->password.reveal() == "p:w");
  CHECK(find_login(written, ImageReference::parse("r.io:5000/ns/op:1"))->user == "daemon");
}
