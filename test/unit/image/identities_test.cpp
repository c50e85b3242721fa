#include "image/identities.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>
#include <string_view>

namespace iib::image {
namespace {

const auto kImage = model::ImageReference::parse("quay.io/ns/index:v1");
const auto kOther = model::ImageReference::parse("elsewhere.example/ns/index:v1");

struct Fixture {
  void log_in_as(std::string_view user) const {
    write_file_atomically(file, fmt::format(R"({{"auths":{{"quay.io":{{"auth":"{}"}}}}}})",
                                            to_base64(fmt::format("{}:secret", user))));
  }

  TempDir directory{std::filesystem::temp_directory_path()};
  std::filesystem::path file = directory.path() / "auth.json";
  Identities identities;
};

}  // namespace

TEST_CASE("an auth file makes the same of us for each image of a repository", "[image][registry]") {
  Fixture fixture;
  fixture.log_in_as("one");

  const auto identity = fixture.identities.of(fixture.file, kImage);

  CHECK_FALSE(identity.empty());
  CHECK(fixture.identities.of(fixture.file, kImage) == identity);
  CHECK(fixture.identities.of(fixture.file, model::ImageReference::parse("quay.io/ns/index:v2")) ==
        identity);
  CHECK(fixture.identities.of(fixture.file, kOther).empty());
  CHECK(fixture.identities.of({}, kImage).empty());
}

TEST_CASE("a changed auth file makes another of us", "[image][registry]") {
  Fixture fixture;
  fixture.log_in_as("one");
  const auto before = fixture.identities.of(fixture.file, kImage);

  fixture.log_in_as("two");  // of the same length, maybe within the same tick of the clock
  CHECK(fixture.identities.of(fixture.file, kImage) != before);

  fixture.log_in_as("one");
  CHECK(fixture.identities.of(fixture.file, kImage) == before);
}

TEST_CASE("an auth file that is gone is missed, whatever was known of it", "[image][registry]") {
  Fixture fixture;
  fixture.log_in_as("one");
  REQUIRE_FALSE(fixture.identities.of(fixture.file, kImage).empty());

  std::filesystem::remove(fixture.file);

  CHECK_THROWS_AS(fixture.identities.of(fixture.file, kImage), Error);
}

}  // namespace iib::image
