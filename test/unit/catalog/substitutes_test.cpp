#include "index_fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

constexpr catalog::AddOptions kAlpha{.enable_alpha = true};

std::string edges(const IndexFixture& fixture, const std::string& name) {
  return fixture.query("SELECT replaces, skips, substitutesfor FROM operatorbundle WHERE name = '" +
                       name + "'");
}

void add_chain(IndexFixture& fixture) {
  fixture.add({"a1(1.0.0)", "a2(2.0.0; replaces a1)", "a3(3.0.0; replaces a2)"}, kAlpha);
}

}  // namespace

TEST_CASE("a substitute in the middle takes the place of its bundle (84)",
          "[catalog][substitutes]") {
  IndexFixture fixture;
  add_chain(fixture);

  fixture.add({"a2s(2.0.0+1; substitutes a2; replaces a1)"}, kAlpha);

  CHECK(fixture.entries("alpha") == "1 a3 ->2 @0, 2 a2s ->5 @1, 3 a2 @2, 4 a2s ->3 @2, 5 a1 @3");
}

TEST_CASE("the next release is redirected to the substitute (85)", "[catalog][substitutes]") {
  IndexFixture fixture;
  add_chain(fixture);
  fixture.add({"a3s(3.0.0+1; substitutes a3; replaces a2)"}, kAlpha);

  SECTION("by replaces") {
    fixture.add({"a4(4.0.0; replaces a3)"}, kAlpha);
    CHECK(edges(fixture, "a4") == "a3s||");
  }
  SECTION("by skips") {
    fixture.add({"a4(4.0.0; replaces a2; skips a3)"}, kAlpha);
    CHECK(edges(fixture, "a4") == "a2|a3,a3s|");
  }
}

TEST_CASE("of two substitutes the higher one skips both (86)", "[catalog][substitutes]") {
  IndexFixture fixture;
  add_chain(fixture);
  const std::string s = "a3s(3.0.0+1; substitutes a3; replaces a2)";
  const std::string t = "a3t(3.0.0+2; substitutes a3; replaces a2)";

  const bool lower_first = GENERATE(true, false);
  CAPTURE(lower_first);

  fixture.add({lower_first ? s : t}, kAlpha);
  fixture.add({lower_first ? t : s}, kAlpha);

  CHECK(fixture.query("SELECT head_operatorbundle_name FROM channel") == "a3t");
  CHECK(edges(fixture, "a3t") == (lower_first ? "a2|a3s,a3|a3s" : "a2|a3,a3s|a3s"));
}

TEST_CASE("substitutes of equal version are refused", "[catalog][substitutes]") {
  IndexFixture fixture;
  add_chain(fixture);
  fixture.add({"a3s(3.0.0+1; substitutes a3; replaces a2)"}, kAlpha);

  CHECK(fixture.refusal({"a3t(3.0.0+1; substitutes a3; replaces a2)"}, kAlpha)
            .front()
            .text.find("cannot be told from that of a3s") != std::string::npos);
}

TEST_CASE("substitutes need the alpha features (87)", "[catalog][substitutes]") {
  IndexFixture fixture;
  add_chain(fixture);

  CHECK(fixture.refusal({"a3s(3.0.0+1; substitutes a3; replaces a2)"}).front().kind ==
        catalog::ProblemKind::unsupported);
  CHECK(fixture.query("SELECT count(*) FROM operatorbundle") == "3");
}

}  // namespace iib::test
