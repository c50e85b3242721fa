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
      // Timestamps are checked and stay text.
      {"a: [!!timestamp 2001-12-14, !!timestamp '2001-2-3T4:5:6.7-05:00']",
       R"({"a":["2001-12-14","2001-2-3T4:5:6.7-05:00"]})"},
      // Keys that are no strings; what gives the same text, the last wins.
      {"{1: a, '1': b, 1.0: c}", R"({"1":"c"})"},
      {"{-0x10: a, 1_0: b, 0.1: c, -.inf: d, .NaN: e}",
       R"({"-.inf":"d","-16":"a",".nan":"e","0.1":"c","10":"b"})"},
      {"{3.5e38: a, -3.5e38: b}", R"({"-.inf":"b",".inf":"a"})"},
      {"{16777217.0: a, 1e-5: b, 9223372036854775807: c}",
       R"({"1.6777216e+07":"a","1e-05":"b","9223372036854775807":"c"})"},
      // Anchors: a redefinition counts for what follows, an alias may be a key.
      {"a: &x 1\nb: *x\nc: &x 2\nd: *x", R"({"a":1,"b":1,"c":2,"d":2})"},
      {"a: &x k\n*x : v", R"({"a":"k","k":"v"})"},
      // Merges within merges, of nothing, after and before.
      {"{<<: {<<: {a: 1}, b: 2}, c: 3}", R"({"a":1,"b":2,"c":3})"},
      {"{<<: [], a: 1}", R"({"a":1})"},
      {"{a: 1, <<: {a: 2}, <<: {a: 3}}", R"({"a":3})"},
      {"{!!str <<: 1}", R"({"\u003c\u003c":1})"},
      // Blanks, tabs, comments.
      {"a:\tb\tc\t# d", R"({"a":"b\tc"})"},
      {"a: [\tb,\n\tc]", R"({"a":["b","c"]})"},
      {"a: b#c", R"({"a":"b#c"})"},
      // Colons in brackets.
      {"{a:b, http://x:80/, c: d}", R"({"a:b":null,"c":"d","http://x:80/":null})"},
      {"a: [b: c, ?d]", R"({"a":[{"b":"c"},{"d":null}]})"},
      // Block texts.
      {"a: |+\n b\n\n", R"({"a":"b\n\n"})"},
      {"a: >-\n b\n c\n\n d\n", R"({"a":"b c\nd"})"},
      {"a: |2\n   b\n", R"({"a":" b\n"})"},
      {"a: |\n  b\xc2\x85  c\n", R"({"a":"b\nc\n"})"},
      // A plain text goes on below a deeper indentation.
      {"a: b\n  - c\n", R"({"a":"b - c"})"},
      {"a: \"\\e\\0\\_\\N\\L\\U0001f600\"",
       "{\"a\":\"\\u001b\\u0000\xc2\xa0\xc2\x85\\u2028\xf0\x9f\x98\x80\"}"},
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
      {"a: 1\n...\n\xff \x01", R"({"a":1})"},
      {"a: |\n  ...\nb: 1", R"({"a":"...\n","b":1})"},
      {"a: 1\n---", R"({"a":1})"},
      {"---\r\na: 1\r\n---\r\nb: 2", R"({"a":1})"},
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
      {std::string(29, ' ') + "{\"a\": 1e2}", R"({"a":100})"},
      {"{\"a\": 1} trailing", R"({"a":1})"},
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
      {"UTF-16 without a mark", std::string{"a\0:\0 \0b\0", 8}},
      {"zero byte", std::string{"a: \0", 4}},
      {"DEL", "a: \x7f"},
      {"surrogate", "a: \xed\xa0\x80"},
      {"tag that swallows a comma", "a: [!!str, b]"},
      {"escaped surrogate", "a: \"\\ud800\""},
      {"escaped slash, which only JSON and YAML 1.2 know", "a: \"b\\/c\""},
      {"question mark between brackets", "a: [http://b?c=d]"},
      {"question mark in a key between brackets", "a: {b?: c}"},
      {"key beyond 64 bits with sign", "9223372036854775808: a"},
      {"key beyond 64 bits, hexadecimal", "0xffffffffffffffff: a"},
      {"timestamp with more behind it", "a: !!timestamp 2001-12-14x"},
      {"timestamp of a day that is not", "a: !!timestamp 2001-02-30"},
      {"set of a list", "a: !!set [b]\n<<: c"},
      {"second document separator with a tag", "a: 1\n--- !x\nb: 2"},
      {"flow YAML after 29 blanks", std::string(29, ' ') + "{a: 1}"},
      {"JSON with a comma at the end", "{\"a\": 1,}"},
      {"JSON that is not one", "{\"a\": NaN}"},
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
