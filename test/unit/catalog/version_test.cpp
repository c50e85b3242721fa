#include "catalog/version.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

#include <compare>

namespace iib::catalog {

TEST_CASE("semantic versions are read strictly", "[catalog]") {
  const auto [text, valid] = GENERATE(table<std::string, bool>({
      {"1.0.0", true},
      {"0.0.0-z", true},
      {"1.2.3-alpha.1+build.01", true},
      {"18446744073709551615.0.0", true},
      {"18446744073709551616.0.0", false},
      {"v1.0.0", false},
      {"1.0", false},
      {"1.0.0.0", false},
      {"01.0.0", false},
      {"1.0.0-01", false},
      {"1.0.0-", false},
      {"1.0.0-a..b", false},
      {"1.0.0+", false},
      {"1.0.0+a..b", false},
      {" 1.0.0", false},
      {"", false},
  }));
  CAPTURE(text);

  CHECK(Version::parse(text).has_value() == valid);
}

TEST_CASE("versions are ordered by precedence, then by build metadata", "[catalog]") {
  const std::vector<std::string> ascending{
      "0.0.0-z",   "0.0.0", "1.0.0-1", "1.0.0-2",  "1.0.0-10", "1.0.0-a", "1.0.0-a.1",
      "1.0.0-a.b", "1.0.0", "1.0.0+9", "1.0.0+10", "1.0.0+a",  "1.0.1",   "1.10.0",
  };
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      CAPTURE(ascending[i], ascending[j]);
      const auto left = Version::parse(ascending[i]).value();
      const auto right = Version::parse(ascending[j]).value();
      CHECK((left.full_order(right) == (i <=> j)));
    }
  }
}

TEST_CASE("precedence does not see build metadata", "[catalog]") {
  CHECK(std::is_eq(Version::parse("1.0.0+b")->precedence(*Version::parse("1.0.0"))));
}

TEST_CASE("a leading zero in build metadata matters only where it is compared", "[catalog]") {
  const auto odd = Version::parse("1.0.0+01").value();

  CHECK(std::is_lt(odd.full_order(Version::parse("1.0.1").value())));
  CHECK_THROWS_AS(odd.full_order(Version::parse("1.0.0+2").value()), UserError);
}

}  // namespace iib::catalog
