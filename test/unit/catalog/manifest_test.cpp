#include "catalog/json_text.hpp"
#include "catalog/manifest_document.hpp"
#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

namespace iib::catalog {
namespace {

std::string json_of(const std::string& text) {
  return canonical_json(read_file_document(text, "test.yaml").root);
}

}  // namespace

TEST_CASE("manifests become JSON as the Kubernetes tools make it", "[catalog]") {
  const auto [yaml, json] = GENERATE(table<std::string, std::string>({
      // Booleans of YAML 1.1, in keys too (checklist 11).
      {"{y: 2}", "{\"true\":2}"},
      {"a: [yes, yEs, on, n]", R"({"a":[true,"yEs",true,false]})"},
      {"n: 1", R"({"false":1})"},
      // Octal and other bases (12).
      {"a: [010, 08, 0o10, 0b11, 1_000]", R"({"a":[8,8,8,3,1000]})"},
      {"a: [_1, -_1, 0o8, 0x1F, -0x1F]", R"({"a":["_1",-1,"0o8",31,-31]})"},
      // Big integers (13).
      {"a: [9223372036854775807, 9223372036854775808]",
       R"({"a":[9223372036854775807,9223372036854776000]})"},
      {"a: 18446744073709551615", R"({"a":18446744073709552000})"},
      // Floats (14).
      {"a: [1.0, 4.10, 1e-7, 1e21, 1e20, -0.0]",
       R"({"a":[1,4.1,1e-7,1e+21,100000000000000000000,0]})"},
      {"a: [0.000001, 123456.789, 1e400, .5, 2.5e-10]",
       R"({"a":[0.000001,123456.789,"1e400",0.5,2.5e-10]})"},
      // Dates and base 60 (15).
      {"a: [2001-12-14, 1:30]", R"({"a":["2001-12-14","1:30"]})"},
      // Merging by position (16).
      {"d: {x: 7, <<: {x: 1}}", R"({"d":{"x":1}})"},
      {"d: {!!merge <<: {x: 1}, x: 9}", R"({"d":{"x":9}})"},
      {"d: {\"<<\": 1}", R"({"d":{"\u003c\u003c":1}})"},
      {"d: {<<: [{a: 1}, {a: 2, b: 2}]}", R"({"d":{"a":1,"b":2}})"},
      {"b: &b {a: 1}\nd: {<<: *b, c: 2}", R"({"b":{"a":1},"d":{"a":1,"c":2}})"},
      // Keys.
      {"{1: a, 2.5: b, 1e3: c, .inf: d}", R"({".inf":"d","1":"a","1000":"c","2.5":"b"})"},
      {"{2001-12-14: a}", R"({"2001-12-14":"a"})"},
      {"{a: 1, a: 2}", R"({"a":2})"},
      // Escapes (18).
      {"a: 'a<b>&c'", R"({"a":"a\u003cb\u003e\u0026c"})"},
      {"a: \"\\b\\f\\t\\u2028\xc3\xa9/\"", "{\"a\":\"\\u0008\\u000c\\t\\u2028\xc3\xa9/\"}"},
      // Tags and quotes.
      {"a: [!!str 1, '1', \"yes\", !!float 3, !!binary aGk=, !x 3]",
       R"({"a":["1","1","yes",3,"hi","3"]})"},
      {"a: !!set {b}", R"({"a":{"b":null}})"},
      {"a: [~, null, Null, nUll, ]", R"({"a":[null,null,null,"nUll"]})"},
      {"a: [=, '<<']", R"({"a":["=","\u003c\u003c"]})"},
      // Line ends (10).
      {"d: |\r\n  x\r\n  y\r\n", R"({"d":"x\ny\n"})"},
      // Sorted keys.
      {"{b: 1, B: 2, a: 3}", R"({"B":2,"a":3,"b":1})"},
  }));
  CAPTURE(yaml);

  // The first 30 bytes decide: a leading brace would mean JSON.
  CHECK(json_of(yaml.starts_with('{') ? "#\n" + yaml : yaml) == json);
}

TEST_CASE("the first document of a file counts, as the line reader cuts it", "[catalog]") {
  const auto [text, json] = GENERATE(table<std::string, std::string>({
      {"a: 1", R"({"a":1})"},
      {"---\na: 1", R"({"a":1})"},
      {"--- # note\na: 1", R"({"a":1})"},
      {"a: 1\n---\nb: 2", R"({"a":1})"},
      {"a: 1\n...\nb: [", R"({"a":1})"},
      {"# licence\n---\na: 1", "null"},
      {"\n---\na: 1", "null"},
      {"---\n---\na: 1", "null"},
      {"# only a comment", "null"},
      {"", "null"},
      {"\xef\xbb\xbf"
       "a: 1",
       R"({"a":1})"},
      {"{\"a\": 1}{\"b\": 2}", R"({"a":1})"},
      {"  {\"b\": 1, \"a\": 1.0, \"b\": 2e2}", R"({"a":1,"b":200})"},
      {"{\"a\": \"\xff\"}", "{\"a\":\"\xef\xbf\xbd\"}"},
      {"{\"a\": [9223372036854775807, 18446744073709551615, 1.50]}",
       R"({"a":[9223372036854775807,18446744073709552000,1.5]})"},
  }));
  CAPTURE(text);

  CHECK(json_of(text) == json);
}

TEST_CASE("what the Kubernetes tools cannot read fails with its place", "[catalog]") {
  const auto [name, text] = GENERATE(table<std::string, std::string>({
      {"unclosed list", "foo: ["},
      {"infinity", "a: .inf"},
      {"not a number", "a: .nan"},
      {"null key", "~: 1"},
      {"list as key", "? [a]\n: 1"},
      {"text after the separator", "a: 1\n--- text\n"},
      {"tag after the separator", "--- !x\na: 1\n"},
      {"directive before the separator", "%YAML 1.1\n---\na: 1\n"},
      {"UTF-16", std::string{"\xff\xfe"
                             "a\0:\0",
                             6}},
      {"invalid UTF-8", "a: \xff"},
      {"control character", "a: \x01"},
      {"tab as indentation", "a:\n\tb: 1"},
      {"unknown anchor", "a: *b"},
      {"self-containing anchor", "a: &a [*a]"},
      {"merge of a list of scalars", "a: {<<: [1]}"},
      {"merge of an alias to a list", "b: &b [{x: 1}]\na: {<<: *b}"},
      {"merge of a scalar", "a: {<<: 1}"},
      {"tag that disagrees", "a: !!int x"},
      {"null tag on text", "a: !!null x"},
      {"flow YAML in place of JSON", "{kind: X}"},
      {"unclosed JSON", "{\"a\": 1"},
      {"key of more than 1024 characters", std::string(1100, 'k') + ": 1"},
  }));
  CAPTURE(name);

  CHECK_THROWS_AS(json_of(text), UserError);
}

TEST_CASE("alias bombs and deep nesting end in an error, not in memory", "[catalog]") {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += "*a" + std::to_string(i - 1) + (j < 9 ? "," : "]\n");
  }

  CHECK_THROWS_AS(json_of(bomb), UserError);
  CHECK_THROWS_AS(json_of("a: " + std::string(100'000, '[')), UserError);
  CHECK_THROWS_AS(json_of("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"),
                  UserError);
}

TEST_CASE("compacting keeps the order of keys and the spelling of numbers", "[catalog]") {
  CHECK(compact_json("{\"z\": 2.50, \n \"a\":\"< \\\" &>\" }") ==
        R"({"z":2.50,"a":"\u003c \" \u0026\u003e"})");
}

TEST_CASE("a float in place of a string has the digits of single precision", "[catalog]") {
  CHECK(float_as_text(4.10) == "4.1");
  CHECK(float_as_text(1.123456789) == "1.1234568");
  CHECK(float_as_text(1e3) == "1000");
  CHECK(float_as_text(21000000.0) == "2.1e+07");
  CHECK(float_as_text(123456789.123) == "1.2345679e+08");
  CHECK(float_as_text(0.00001) == "1e-05");
}

}  // namespace iib::catalog
