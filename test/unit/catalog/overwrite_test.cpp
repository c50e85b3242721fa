#include "index_fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

constexpr catalog::AddOptions kOverwrite{.overwrite_latest = true};

}  // namespace

TEST_CASE("the head can be overwritten from another pull specification (53)",
          "[catalog][overwrite]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});
  fixture.add({"v2(2.0.0; replaces v1)"});

  fixture.add({"v2(2.0.0; replaces v1; path reg/ns/new:1)"}, kOverwrite);

  CHECK(fixture.entries("alpha") == "1 v2 ->2 @0, 2 v1 @1");
  CHECK(fixture.query("SELECT bundlepath FROM operatorbundle WHERE name = 'v2'") == "reg/ns/new:1");
  CHECK(fixture.query("SELECT DISTINCT operatorbundle_path FROM properties "
                      "WHERE operatorbundle_name = 'v2'") == "reg/ns/new:1");
}

TEST_CASE("the only bundle of a package can be overwritten", "[catalog][overwrite]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)"});

  fixture.add({"v1(1.0.0; path reg/ns/new:1)"}, kOverwrite);

  CHECK(fixture.entries("alpha") == "1 v1 @0");
  CHECK(fixture.query("SELECT default_channel FROM package") == "alpha");
}

TEST_CASE("what cannot be overwritten stays (54, 55)", "[catalog][overwrite]") {
  const auto [name, call, text] = GENERATE(table<std::string, std::string, std::string>({
      {"not at the head", "v1(1.0.0; path reg/ns/new:1)", "v2 replaces or skips it"},
      {"same pull specification", "v2(2.0.0; replaces v1)", "already in the index"},
      {"failing late", "v2(2.0.0; replaces nope; path reg/ns/new:1)", "replaces nope"},
  }));
  CAPTURE(name);
  IndexFixture fixture;
  fixture.add({"v1(1.0.0)", "v2(2.0.0; replaces v1)"});

  CHECK(fixture.refusal({call}, kOverwrite).front().text.find(text) != std::string::npos);

  CHECK(fixture.entries("alpha") == "1 v2 ->2 @0, 2 v1 @1");
  CHECK(fixture.query("SELECT bundlepath FROM operatorbundle WHERE name = 'v2'") == "reg/ns/v2:1");
}

TEST_CASE("only one bundle of a package can be overwritten in a call", "[catalog][overwrite]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, alpha; default alpha)", "w1(1.0.1, beta; default alpha)"});

  const auto problems = fixture.refusal({"v1(1.0.0, alpha; default alpha; path reg/ns/x:1)",
                                         "w1(1.0.1, beta; default alpha; path reg/ns/y:1)"},
                                        kOverwrite);

  CHECK(problems.front().text.find("together with") != std::string::npos);
}

TEST_CASE("a channel that the new head leaves keeps the next bundle (56)", "[catalog][overwrite]") {
  IndexFixture fixture;
  fixture.add({"v1(1.0.0, alpha)"});
  fixture.add({"v2(2.0.0, alpha, beta; replaces v1; default alpha)"});

  fixture.add({"v2(2.0.0, alpha; replaces v1; default alpha; path reg/ns/new:1)"}, kOverwrite);

  CHECK(fixture.entries("alpha") == "1 v2 ->2 @0, 2 v1 @1");
  CHECK(fixture.entries("beta") == "1 v1 @0");
}

}  // namespace iib::test
