#include "iib/image/auth_file.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "variable.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace {

using iib::Secret;
using iib::image::find_base_auth_file;
using iib::image::write_auth_file;
using iib::model::ImageReference;
using iib::test::Variable;

namespace fs = std::filesystem;

struct Fixture {
  iib::TempDir directory{fs::temp_directory_path()};
  fs::path base = directory.path() / "base.json";
  fs::path file = directory.path() / "auth.json";

  [[nodiscard]] std::string written() const { return iib::read_file(file, 100'000); }
};

}  // namespace

TEST_CASE("an auth file is written for its owner only", "[image][auth]") {
  Fixture fixture;

  write_auth_file(fixture.file, {});

  CHECK(fixture.written() == R"({"auths":{}})");
  CHECK(fs::status(fixture.file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("the base is overlaid by registry_auths, and these by the token", "[image][auth]") {
  Fixture fixture;
  const std::string base =
      R"({"auths":{"quay.io":{"auth":"base"},"quay.io/ns":{"auth":"base"},"r.io/a/b":{"identitytoken":"t"}},)"
      R"("HttpHeaders":{"X":"y"}})";
  iib::write_file_atomically(fixture.base, base);
  const Secret registry_auths{
      R"({"auths":{"quay.io/ns":{"auth":"request"},"x.io":{"auth":"request"}}})"};
  const Secret token{"user:pass"};

  write_auth_file(fixture.file, fixture.base,
                  {.registry_auths = &registry_auths,
                   .token = &token,
                   .token_image = ImageReference::parse("x.io:5000/ns/index:v4.16")});

  CHECK(fixture.written() ==
        R"({"auths":{"quay.io":{"auth":"base"},"r.io/a/b":{"identitytoken":"t"},)"
        R"("quay.io/ns":{"auth":"request"},"x.io":{"auth":"request"},)"
        R"("x.io:5000/ns/index":{"auth":"dXNlcjpwYXNz"}}})");
  CHECK(iib::read_file(fixture.base, 1000) == base);
}

TEST_CASE("a token's key is the whole registry when the image has no namespace", "[image][auth]") {
  Fixture fixture;
  const Secret token{"u:p"};

  write_auth_file(fixture.file, {},
                  {.token = &token, .token_image = ImageReference::parse("r.io/index:1")});

  CHECK(fixture.written() == R"({"auths":{"r.io":{"auth":"dTpw"}}})");
}

TEST_CASE("a base that cannot be used is refused by name, without showing it", "[image][auth]") {
  Fixture fixture;
  const auto [name, content] = GENERATE(table<std::string, std::string>({
      {"not JSON", R"({"auths":{"a":{"auth":"hidden"})"},
      {"no object", R"(["hidden"])"},
      {"auths is no object", R"({"auths":["hidden"]})"},
      {"a helper for all", R"({"credsStore":"hidden"})"},
      {"a helper for one", R"({"credHelpers":{"a":"hidden"}})"},
  }));
  CAPTURE(name);
  iib::write_file_atomically(fixture.base, content);

  CHECK_THROWS_WITH(write_auth_file(fixture.file, fixture.base),
                    Catch::Contains(fixture.base.string()) && !Catch::Contains("hidden"));
  CHECK_FALSE(fs::exists(fixture.file));
}

TEST_CASE("the template comes first, then REGISTRY_AUTH_FILE, then the home", "[image][auth]") {
  Fixture fixture;
  const auto home = fixture.directory.path() / "home";
  const auto named = fixture.directory.path() / "named.json";
  const auto own = home / ".docker" / "config.json";
  fs::create_directories(own.parent_path());
  const Variable home_variable{"HOME", home.string()};
  const Variable file_variable{"REGISTRY_AUTH_FILE", named.string()};

  CHECK(find_base_auth_file(fixture.base).empty());
  iib::write_file_atomically(own, "{}");
  CHECK(find_base_auth_file(fixture.base) == own);
  iib::write_file_atomically(named, "{}");
  CHECK(find_base_auth_file(fixture.base) == named);
  iib::write_file_atomically(fixture.base, "{}");
  CHECK(find_base_auth_file(fixture.base) == fixture.base);
}
