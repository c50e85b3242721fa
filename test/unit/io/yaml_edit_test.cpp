#include "iib/io/yaml_edit.hpp"

#include "yaml_edit_support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace iib::io;
using namespace iib::io::test;

namespace {

std::vector<std::string> keys_of(const YamlNode& mapping) {
  std::vector<std::string> keys;
  for (const auto& pair : merged_pairs(mapping)) keys.emplace_back(pair.key->resolved().value);
  return keys;
}

}  // namespace

TEST_CASE("a place in a document prints as a JSON Pointer", "[io]") {
  CHECK(json_pointer({}).empty());
  CHECK(json_pointer({"metadata", "annotations", "a/b~c", 12UL}) ==
        "/metadata/annotations/a~1b~0c/12");
}

TEST_CASE("merge keys give what the mapping itself and earlier sources do not have", "[io]") {
  const auto document = parse_strictly(
      "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\n"
      "one: {<<: *a, x: 5}\ntwo: {w: 0, <<: [*b, *a]}\nthree: {'<<': *a}\nfour: {<<: {v: 1}}\n");
  const YamlNode& root = document.root();

  CHECK(keys_of(*root.find("one")) == std::vector<std::string>{"x", "y"});
  CHECK(find_merged(*root.find("one"), "x")->value == "5");
  CHECK(find_merged(*root.find("one"), "y")->value == "2");
  CHECK(keys_of(*root.find("two")) == std::vector<std::string>{"w", "y", "z", "x"});
  CHECK(find_merged(*root.find("two"), "y")->value == "3");
  CHECK(find_merged(*root.find("four"), "v")->value == "1");
  CHECK(find_merged(*root.find("one"), "<<") == nullptr);
  CHECK(find_merged(*root.find("one")->find("x"), "x") == nullptr);

  SECTION("a quoted << is a key as any other") {
    CHECK(keys_of(*root.find("three")) == std::vector<std::string>{"<<"});
  }
}

TEST_CASE("an edit that changes nothing gives back the same bytes", "[io]") {
  const std::string text = "\xef\xbb\xbf# x\r\na:  'b'   # c\r\nl:   [ x ]\r\nn:\r\n...\r\n# end";

  CHECK(edited(text, [](YamlEdit& edit) { CHECK(edit.empty()); }) == text);
  CHECK(replaced(text, {"a"}, "b") == text);
  CHECK(with_pair(text, {}, "a", {"b"}) == text);
  CHECK(with_pair(text, {}, "l", {YamlValue::List{{"x"}}}) == text);
}

TEST_CASE("all bytes outside a changed scalar stay", "[io]") {
  const auto [name, before, after] = GENERATE(table<std::string, std::string, std::string>({
      {"comments", "# top\na: OLD  # beside\n\n# below\n", "# top\na: NEW  # beside\n\n# below\n"},
      {"blank lines and spaces", "\n\nx:   1  \n\na:    OLD   \n\n\n",
       "\n\nx:   1  \n\na:    NEW   \n\n\n"},
      {"CRLF", "a: OLD\r\nb: |\r\n  x\r\n\r\n", "a: NEW\r\nb: |\r\n  x\r\n\r\n"},
      {"document markers", "%YAML 1.1\n--- # c\na: OLD\n...\n",
       "%YAML 1.1\n--- # c\na: NEW\n...\n"},
      {"no final newline", "b: 1\na: OLD", "b: 1\na: NEW"},
      {"byte order mark",
       "\xef\xbb\xbf"
       "a: OLD\n",
       "\xef\xbb\xbf"
       "a: NEW\n"},
      {"types that dumpers rewrite", "t: 2021-01-01T00:00:00Z\nn: ~\nz: 0755\na: OLD\n",
       "t: 2021-01-01T00:00:00Z\nn: ~\nz: 0755\na: NEW\n"},
      {"escapes", "e: \"\\u00e9\\x41\"\na: OLD\n", "e: \"\\u00e9\\x41\"\na: NEW\n"},
      {"flow style", "{ \"b\":1 ,a:   OLD, }\n", "{ \"b\":1 ,a:   NEW, }\n"},
      {"after characters of several bytes", "é: \"€\U0001f600\"\na: OLD\n",
       "é: \"€\U0001f600\"\na: NEW\n"},
      {"order and indentation", "z:\n      y: 1\na: OLD\nb:\n- c\n",
       "z:\n      y: 1\na: NEW\nb:\n- c\n"},
  }));
  CAPTURE(name);

  CHECK(replaced(before, {"a"}, "NEW") == after);
}

TEST_CASE("several changes, in any order, land each in its place", "[io]") {
  const std::string text = "a: one two three\nb: [x, y]\nc: z\n";

  const auto now = edited(text, [](YamlEdit& edit) {
    edit.replace({"c"}, 0, 1, "last");
    edit.replace({"a"}, 8, 5, "3");
    edit.replace({"b", 1UL}, 0, 1, "yy");
    edit.replace({"a"}, 0, 3, "1");
    edit.replace({"a"}, 3, 1, " and ");
    edit.set({}, "d", {"new"});
  });

  CHECK(now == "a: 1 and two 3\nb: [x, yy]\nc: last\nd: new\n");
}

TEST_CASE("what cannot be changed is the caller's mistake", "[io]") {
  const std::string text = "a: text\nl: [x]\n";
  const auto refuses = [&](auto ask) { CHECK_THROWS_AS(edited(text, ask), std::invalid_argument); };

  refuses([](YamlEdit& edit) { edit.replace({"b"}, 0, 0, "x"); });
  refuses([](YamlEdit& edit) { edit.replace({"l", 1UL}, 0, 0, "x"); });
  refuses([](YamlEdit& edit) { edit.replace({"a"}, 2, 3, "x"); });
  refuses([](YamlEdit& edit) { edit.replace({"l"}, 0, 0, "x"); });
  refuses([](YamlEdit& edit) { edit.set({"l"}, "k", {"x"}); });
  refuses([](YamlEdit& edit) { edit.set({"b"}, "k", {"x"}); });
  refuses([](YamlEdit& edit) { edit.set({}, "k", {"\xff"}); });
  refuses([](YamlEdit& edit) {
    edit.replace({"a"}, 0, 2, "x");
    edit.replace({"a"}, 1, 2, "y");
  });
}

TEST_CASE("a value set wins over changes below it", "[io]") {
  const auto now = edited("a:\n  b: x\nc: d\n", [](YamlEdit& edit) {
    edit.replace({"a", "b"}, 0, 1, "y");
    edit.set({}, "a", {YamlValue::Map{{"k", {"v"}}}});
    edit.set({"a"}, "l", {"w"});
  });

  CHECK(now == "a:\n  k: v\n  l: w\nc: d\n");
}

TEST_CASE("a change that would bring another one is refused with place and remedy", "[io]") {
  const auto refusal = [](std::string_view text, const YamlPath& place, std::string_view by) {
    try {
      return "not refused: " + (place.empty() ? with_pair(text, {}, "b", {std::string{by}})
                                              : replaced(text, place, by));
    } catch (const YamlUneditable& error) {
      return std::string{error.what()};
    }
  };

  SECTION("by a line separator, which only YAML 1.1 takes for a line break") {
    const auto* const text = GENERATE("a: |\n  x\xe2\x80\xa8\n", "a: |\n  x\xe2\x80\xa8",
                                      "a: >\n  x\xe2\x80\xa9\n\n  \n");
    const auto said = refusal(text, {}, "quay.io/a/b:1");
    CAPTURE(text, said);
    CHECK(said.find("line 1") != said.npos);
    CHECK(said.find("take the line separators U+2028 and U+2029 out") != said.npos);
  }

  SECTION("by an alias as a key with no blank behind the colon") {
    const auto said = refusal("{a: &a x, *a :y, b: z}\n", {"a"}, "quay.io/a/b:1");
    CAPTURE(said);
    CHECK(said.find("line 1") != said.npos);
    CHECK(said.find("no alias as a key") != said.npos);
  }
}
