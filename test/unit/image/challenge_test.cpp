#include "image/registry/challenge.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using iib::image::Challenge;
using iib::image::parse_challenges;

/// `bearer(realm=x service=y) basic()`: challenges on one line.
std::string shown(const std::vector<Challenge>& challenges) {
  std::string text;
  for (const auto& challenge : challenges) {
    if (!text.empty()) text += ' ';
    switch (challenge.scheme) {
      case Challenge::Scheme::basic:
        text += "basic(";
        break;
      case Challenge::Scheme::bearer:
        text += "bearer(";
        break;
      case Challenge::Scheme::other:
        text += "other(";
        break;
    }
    std::string parameters;
    for (const auto& [name, value] : challenge.parameters) {
      parameters += fmt::format("{}{}={}", parameters.empty() ? "" : " ", name, value);
    }
    text += parameters + ")";
  }
  return text;
}

}  // namespace

TEST_CASE("challenges are read as RFC 9110 has them", "[image][registry]") {
  const auto [name, header, expected] = GENERATE(table<std::string, std::string, std::string>({
      {"basic", R"(Basic realm="test")", "basic(realm=test)"},
      {"Docker's bearer",
       R"(Bearer realm="https://auth.r.io/token",service="r.io",scope="repository:a/b:pull,push")",
       "bearer(realm=https://auth.r.io/token scope=repository:a/b:pull,push service=r.io)"},
      {"names in any case", R"(bEARER REALM=a,Service="B")", "bearer(realm=a service=B)"},
      {"two in one header", R"(Basic realm="a", Bearer realm="b",service="c")",
       "basic(realm=a) bearer(realm=b service=c)"},
      {"blanks around the equals sign", "Bearer realm =\t\"a\" , service= b",
       "bearer(realm=a service=b)"},
      {"escaped quotes", R"(Basic realm="a \"b\" \\ c")", R"(basic(realm=a "b" \ c))"},
      {"a comma and a scheme inside a quoted text", R"(Basic realm="a, Bearer realm=b")",
       "basic(realm=a, Bearer realm=b)"},
      {"no parameters", "Negotiate, Basic realm=a", "other() basic(realm=a)"},
      {"a scheme alone", "Basic", "basic()"},
      {"a token68", "Negotiate YIIZ+/w==, Bearer realm=a", "other() bearer(realm=a)"},
      {"empty elements", ",, ,Basic realm=a,, ,Bearer realm=b,,", "basic(realm=a) bearer(realm=b)"},
      {"the first of two values", "Bearer realm=a, realm=b", "bearer(realm=a)"},
      {"an empty value", R"(Bearer realm="")", "bearer(realm=)"},
  }));
  CAPTURE(name);

  CHECK(shown(parse_challenges(header)) == expected);
}

TEST_CASE("a challenge that makes no sense ends the reading, not the program",
          "[image][registry]") {
  const auto [name, header, expected] = GENERATE(table<std::string, std::string, std::string>({
      {"nothing", "", ""},
      {"blanks", " \t ", ""},
      {"commas", ",,,,", ""},
      {"no scheme", "=a", ""},
      {"a quote alone", "\"", ""},
      {"a control character", "Basic\x01realm=a", ""},
      {"no end of the quoted text", R"(Basic realm=a, Bearer realm="https://)",
       "basic(realm=a) bearer()"},
      {"a backslash at the end", R"(Bearer realm="a\)", "bearer()"},
      {"no comma between parameters", R"(Bearer realm="a" service="b")", "bearer(realm=a)"},
      {"an equals sign after the scheme", "Bearer=a", ""},
      {"a URL without quotes", "Bearer realm=https://a/b, service=c", "bearer(realm=https)"},
  }));
  CAPTURE(name);

  CHECK(shown(parse_challenges(header)) == expected);
}

TEST_CASE("challenges are bounded in size and number", "[image][registry]") {
  std::string many_schemes;
  std::string many_parameters = "Bearer ";
  for (int i = 0; i < 1000; ++i) {
    many_schemes += fmt::format("S{} a=b,", i);
    many_parameters += fmt::format("p{}=v,", i);
  }

  CHECK(parse_challenges(many_schemes).size() == 16);
  CHECK(parse_challenges(many_parameters).at(0).parameters.size() == 32);
  CHECK(parse_challenges("Basic realm=" + std::string(1U << 20U, 'a')).empty());
}
