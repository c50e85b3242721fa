#include "iib/io/yaml_edit.hpp"
#include "yaml_edit_support.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace iib::io;
using namespace iib::io::test;

namespace {

const std::string kDigest = "quay.io/a/b@sha256:0123";

}  // namespace

TEST_CASE("a changed scalar keeps its style", "[io]") {
  const auto [name, before, after] = GENERATE(table<std::string, std::string, std::string>({
      {"plain", "a: see q/b:1 there\n", "a: see NEW there\n"},
      {"single quotes", "a: 'it''s q/b:1 ''ok'''  # c\n", "a: 'it''s NEW ''ok'''  # c\n"},
      {"double quotes", "a: \"\\u00e9 q/b:1\\t\\\"\"\n", "a: \"\\u00e9 NEW\\t\\\"\"\n"},
      {"an escape inside the piece", "a: \"q\\u002fb:1 \\x41\"\n", "a: \"NEW \\x41\"\n"},
      {"plain, several lines", "a: one\n  q/b:1\n\n  two\n", "a: one\n  NEW\n\n  two\n"},
      {"double quotes, several lines", "a: \"one \\\n   q/b:1\n   two\"\n",
       "a: \"one \\\n   NEW\n   two\"\n"},
      {"single quotes, several lines", "a: 'one\n   q/b:1\n\n   it''s'\n",
       "a: 'one\n   NEW\n\n   it''s'\n"},
      {"literal", "a: |\n    one\n\n      q/b:1 x\n    two\n",
       "a: |\n    one\n\n      NEW x\n    two\n"},
      {"literal with CRLF", "a: |-\r\n  one\r\n  q/b:1\r\nb: 1\r\n",
       "a: |-\r\n  one\r\n  NEW\r\nb: 1\r\n"},
      {"literal that keeps its end", "a: |+2 # c\n    q/b:1\n\n\nb: 1\n",
       "a: |+2 # c\n    NEW\n\n\nb: 1\n"},
      {"literal without final newline", "a: |\n  q/b:1", "a: |\n  NEW"},
      {"folded", "a: >-\n  one\n  q/b:1\n\n    more\n  two\n",
       "a: >-\n  one\n  NEW\n\n    more\n  two\n"},
      {"at a folded line's end", "a: >\n  one q/b:1\n  two\n", "a: >\n  one NEW\n  two\n"},
      {"in brackets", "a: [x, q/b:1]\n", "a: [x, NEW]\n"},
      {"tag and anchor", "a: &x !!str q/b:1\n", "a: &x !!str NEW\n"},
      {"characters of several bytes", "a: é€ q/b:1 é\n", "a: é€ NEW é\n"},
  }));
  CAPTURE(name);
  const bool in_list = name == "in brackets";
  const YamlPath place = in_list ? YamlPath{"a", 1UL} : YamlPath{"a"};

  CHECK(with_piece(before, place, "q/b:1", "NEW") == after);
}

TEST_CASE("a piece may reach over line breaks and escapes", "[io]") {
  CHECK(with_piece("a: x one\n  two y\n", {"a"}, "one two", "1") == "a: x 1 y\n");
  CHECK(with_piece("a: \"x o\\x6ee\n  two y\"\n", {"a"}, "one two", "1") == "a: \"x 1 y\"\n");
  CHECK(with_piece("a: |\n  x one\n  two y\n", {"a"}, "one\ntwo", "1") == "a: |\n  x 1 y\n");
  CHECK(with_piece("a: |\n  x\n", {"a"}, "x", "one\ntwo") == "a: |\n  one\n  two\n");
}

TEST_CASE("a text that the style cannot hold gets double quotes", "[io]") {
  const auto [before, by, after] = GENERATE(table<std::string, std::string, std::string>({
      {"a: x # c\n", "", "a: \"\" # c\n"},
      {"a: x\n", " y", "a: \" y\"\n"},
      {"a: x\n", "y ", "a: \"y \"\n"},
      {"a: x\n", "y: z", "a: \"y: z\"\n"},
      {"a: x\n", "y #z", "a: \"y #z\"\n"},
      {"a: x\n", "*y", "a: \"*y\"\n"},
      {"a: x\n", "y\nz", "a: \"y\\nz\"\n"},
      {"a: x\n", "\"\\", "a: \"\\\"\\\\\"\n"},
      {"a: [x]\n", "y,z", "a: [\"y,z\"]\n"},
      {"a: 'x'\n", "y\nz", "a: \"y\\nz\"\n"},
      {"a: 'x'\n", "\x07", "a: \"\\u0007\"\n"},
      {"a: x\n  y\n", "---", "a: \"---\"\n"},
      {"a: |\n  x\n  y\nb: 1\n", " z", "a: \" z\"\nb: 1\n"},
      {"a: |- # c\n  x\nb: 1\n", "\t\x01", "a: \"\\t\\u0001\" # c\nb: 1\n"},
      {"a: >\n  x\n  y\n", "p\nq", "a: \"p\\nq\"\n"},
      {"a: !!str x\n", "", "a: !!str \"\"\n"},
      {"a: x\n  \t\nb: 1\n", " z", "a: \" z\"\n  \nb: 1\n"},
      {"a:\n|\n x\nb: 1\n", " z", "a:\n \" z\"\nb: 1\n"},
      {"a: !!str\n|#c\n x\nb: 1\n", " z", "a: !!str\n \" z\" #c\nb: 1\n"},
      {"a: &x:y\nb: 1\n", "z ", "a: &x \"z \"\nb: 1\n"},
  }));
  CAPTURE(before, by);
  const YamlPath place = before.find('[') == std::string::npos ? YamlPath{"a"} : YamlPath{"a", 0UL};

  const auto now = replaced(before, place, by);

  CHECK(now == after);
  CHECK(value_at(now, place) == by);
}

TEST_CASE("a string stays a string to readers of YAML 1.1 and 1.2", "[io]") {
  const std::string by =
      GENERATE("true", "yes", "Off", "n", "~", "null", "1", "0755", "0x1f", "1e3", "1_000", ".5",
               "-.inf", ".nan", "2021-01-01", "12:30", "<<", "=");
  CAPTURE(by);

  CHECK(replaced("a: x\n", {"a"}, by) == "a: \"" + by + "\"\n");
  CHECK(with_pair("a: x\n", {}, "b", {by}) == "a: x\nb: \"" + by + "\"\n");
  CHECK(with_pair("a: x\n", {}, by, {"b"}) == "a: x\n\"" + by + "\": b\n");
}

TEST_CASE("names, tags and digests need no quotes", "[io]") {
  const std::string by =
      GENERATE("quay.io/a/b@sha256:0123", "localhost:5000/a/b:v1.2.3", "busybox", "v1.2.3", "1.2.3",
               "registry.example.com/a/b--c:2021-01", "widget:v1-0123-annotation", "x.y/z-");
  CAPTURE(by);

  CHECK(replaced("a: x\n", {"a"}, by) == "a: " + by + "\n");
  CHECK(with_pair("a: x\n", {}, "b", {by}) == "a: x\nb: " + by + "\n");
}

TEST_CASE("the places of a long JSON annotation are found in every style", "[io]") {
  const std::string json = R"([{"image": "quay.io/a/b:1", "q": "it's \"x\""}])";
  for (const std::string text :
       {"a: '[{\"image\": \"quay.io/a/b:1\", \"q\": \"it''s \\\"x\\\"\"}]'\n",
        "a: \"[{\\\"image\\\": \\\"quay.io/a/b:1\\\", \\\"q\\\": \\\"it's "
        "\\\\\\\"x\\\\\\\"\\\"}]\"\n",
        "a: |-\n  [{\"image\": \"quay.io/a/b:1\", \"q\": \"it's \\\"x\\\"\"}]\n",
        "a: >-\n  [{\"image\": \"quay.io/a/b:1\",\n  \"q\": \"it's \\\"x\\\"\"}]\n"}) {
    CAPTURE(text);
    REQUIRE(value_at(text, {"a"}) == json);
    auto expected = text;
    expected.replace(expected.find("quay.io/a/b:1"), 13, kDigest);

    CHECK(with_piece(text, {"a"}, "quay.io/a/b:1", kDigest) == expected);
  }
}
