#include "iib/base/error.hpp"
#include "iib/io/yaml.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>

using namespace iib;
using namespace iib::io;
using namespace std::string_literals;

namespace {

std::string show(const YamlScalar& value) {
  if (std::holds_alternative<YamlNull>(value)) return "null";
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "bool true" : "bool false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return "int " + std::to_string(*whole);
  if (const auto* large = std::get_if<std::uint64_t>(&value)) {
    return "uint " + std::to_string(*large);
  }
  if (const auto* number = std::get_if<double>(&value)) return "double " + std::to_string(*number);
  return "text " + std::get<std::string>(value);
}

std::string typed(const std::string& text, Typing typing) {
  return show(resolve(parse_yaml(text).root(), typing));
}

}  // namespace

TEST_CASE("scalars have the types that gopkg.in/yaml.v2 gives them", "[io]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"yes", "bool true"},
      {"Y", "bool true"},
      {"on", "bool true"},
      {"TRUE", "bool true"},
      {"n", "bool false"},
      {"Off", "bool false"},
      {"no", "bool false"},
      {"yEs", "text yEs"},
      {"tRue", "text tRue"},
      {"nUll", "text nUll"},
      {"", "null"},
      {"~", "null"},
      {"Null", "null"},
      {"''", "text "},
      {"'yes'", "text yes"},
      {"\"1\"", "text 1"},
      {"|\n  1", "text 1"},
      {".inf", "double inf"},
      {"+.INF", "double inf"},
      {"-.Inf", "double -inf"},
      {"010", "int 8"},
      {"08", "double 8.000000"},
      {"0o10", "int 8"},
      {"0o8", "text 0o8"},
      {"0", "int 0"},
      {"-0", "int 0"},
      {"00", "int 0"},
      {"0x1F", "int 31"},
      {"-0x1f", "int -31"},
      {"0b101", "int 5"},
      {"1_000", "int 1000"},
      {"_1", "text _1"},
      {"-_1", "int -1"},
      {"0x", "text 0x"},
      {"1:30", "text 1:30"},
      {"2001-12-14", "text 2001-12-14"},
      {"9223372036854775807", "int 9223372036854775807"},
      {"9223372036854775808", "uint 9223372036854775808"},
      {"+9223372036854775808", "double 9223372036854775808.000000"},
      {"-9223372036854775808", "int -9223372036854775808"},
      {"18446744073709551616", "double 18446744073709551616.000000"},
      {"4.10", "double 4.100000"},
      {"1e3", "double 1000.000000"},
      {".5", "double 0.500000"},
      {".5_0", "text .5_0"},
      {"1.", "double 1.000000"},
      {"1e400", "text 1e400"},
      {"1e-400", "double 0.000000"},
      {"+", "text +"},
      {".", "text ."},
      {"1.2.3", "text 1.2.3"},
      {"=", "text ="},
      {"<<", "text <<"},
      {"!!str yes", "text yes"},
      {"!!int '3'", "int 3"},
      {"!!float 3", "double 3.000000"},
      {"!!bool on", "bool true"},
      {"!!null ~", "null"},
      {"!!timestamp 2001-12-14", "text 2001-12-14"},
      {"!!binary aGk=", "text hi"},
      {"!!binary aGkh", "text hi!"},
      {"!!binary aA==", "text h"},
      {"!own 3", "text 3"},
      {"! 3", "text 3"},
  }));
  CAPTURE(text);

  CHECK(typed(text, Typing::go_yaml_1_1) == expected);
}

TEST_CASE("scalars have the types of the core schema of YAML 1.2", "[io]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"yes", "text yes"},
      {"y", "text y"},
      {"true", "bool true"},
      {"False", "bool false"},
      {"", "null"},
      {"null", "null"},
      {"010", "int 10"},
      {"0o10", "int 8"},
      {"0xff", "int 255"},
      {"+12", "int 12"},
      {"-12", "int -12"},
      {"1_000", "text 1_000"},
      {"0b1", "text 0b1"},
      {"1.5e3", "double 1500.000000"},
      {"-.inf", "double -inf"},
      {"18446744073709551615", "uint 18446744073709551615"},
      {"300s", "text 300s"},
      {"1:30", "text 1:30"},
  }));
  CAPTURE(text);

  CHECK(typed(text, Typing::core_1_2) == expected);
}

TEST_CASE("a tag that its text does not fit is an error with its place", "[io]") {
  const std::string text =
      GENERATE("!!int x"s, "!!bool 1"s, "!!null x"s, "!!float true"s, "!!binary a"s,
               "!!binary a==="s, "!!timestamp 3"s, "!!int 1.5"s);
  CAPTURE(text);

  CHECK_THROWS_WITH(typed("\n  " + text, Typing::go_yaml_1_1),
                    Catch::Matchers::Contains("line 2, column 3"));
}

TEST_CASE("not a number is not equal to itself", "[io]") {
  CHECK(std::isnan(std::get<double>(resolve(parse_yaml(".nan").root(), Typing::go_yaml_1_1))));
  CHECK(std::isnan(std::get<double>(resolve(parse_yaml(".NaN").root(), Typing::core_1_2))));
}

TEST_CASE("a collection has no scalar type", "[io]") {
  CHECK_THROWS_AS(typed("[1]", Typing::core_1_2), UserError);
}
