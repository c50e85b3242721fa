#include "iib/io/yaml.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>

using namespace iib;
using namespace iib::io;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string written(const std::string& text, const YamlNode& node) {
  return text.substr(node.begin, node.end - node.begin);
}

}  // namespace

TEST_CASE("a YAML document keeps kind, style, tag, anchor and place of every node", "[io]") {
  const std::string text = "a: &x !!str 'é'\nb: [*x, \"q\"]\nc: |\n  long\n  text\nd:\n- >-\n  f\n";
  const auto document = parse_yaml(text);
  const YamlNode& root = document.root();

  REQUIRE(root.kind == YamlKind::mapping);
  REQUIRE(root.pairs.size() == 4);
  CHECK_FALSE(root.flow);
  const YamlNode& a = *root.find("a");
  CHECK(a.value == "é");
  CHECK(a.anchor == "x");
  CHECK(a.tag == "tag:yaml.org,2002:str");
  CHECK(a.style == ScalarStyle::single_quoted);
  CHECK(written(text, a) == "&x !!str 'é'");
  const YamlNode& b = *root.find("b");
  CHECK(b.flow);
  CHECK(b.line == 2);
  CHECK(b.column == 4);
  CHECK(written(text, b) == "[*x, \"q\"]");
  CHECK(b.items[0]->kind == YamlKind::alias);
  CHECK(b.items[0]->target == &a);
  CHECK(b.items[0]->is_scalar());
  CHECK(written(text, *b.items[1]) == "\"q\"");
  CHECK(root.find("c")->style == ScalarStyle::literal);
  CHECK(root.find("c")->value == "long\ntext\n");
  const YamlNode& d = *root.find("d");
  CHECK(d.is_sequence());
  CHECK(d.items[0]->style == ScalarStyle::folded);
  CHECK(d.items[0]->value == "f");
  CHECK(root.begin == 0);
}

TEST_CASE("places are bytes even after characters of several bytes, a mark and CRLF", "[io]") {
  const std::string text = "\xef\xbb\xbf# \xf0\x9f\x98\x80\r\nkey€: valüe\r\nz: [ä, b]\r\n";
  const auto document = parse_yaml(text);

  const auto& pairs = document.root().pairs;
  REQUIRE(pairs.size() == 2);
  CHECK(written(text, *pairs[0].key) == "key€");
  CHECK(written(text, *pairs[0].value) == "valüe");
  CHECK(written(text, *pairs[1].value) == "[ä, b]");
  CHECK(written(text, *pairs[1].value->items[1]) == "b");
  CHECK(pairs[1].key->line == 3);
}

TEST_CASE("a block collection ends with its last child", "[io]") {
  const std::string text = "a:\n  b: 1\n  c: 2\n\n# comment\nd: 3\n";
  const auto document = parse_yaml(text);

  CHECK(written(text, *document.root().find("a")) == "b: 1\n  c: 2");
}

TEST_CASE("the caller chooses what becomes of a key given twice", "[io]") {
  const std::string text = "a: 1\nb: 2\na: 3\n<<: {x: 1}\n<<: {x: 2}\n";

  CHECK(parse_yaml(text).root().pairs.size() == 4);
  CHECK(parse_yaml(text).root().find("a")->value == "3");
  const auto all = parse_yaml(text, {.duplicates = DuplicateKeys::keep_all});
  CHECK(all.root().pairs.size() == 5);
  CHECK(all.root().find("a")->value == "3");
  CHECK_THROWS_WITH(parse_yaml(text, {.name = "f.yaml", .duplicates = DuplicateKeys::refuse}),
                    Contains("f.yaml, line 3") && Contains("'a'") && Contains("line 1"));

  SECTION("also in a large mapping") {
    std::string large;
    for (int i = 0; i < 100; ++i)
      large += "k" + std::to_string(i % 50) + ": " + std::to_string(i) + "\n";
    const auto document = parse_yaml(large);
    CHECK(document.root().pairs.size() == 50);
    CHECK(document.root().find("k7")->value == "57");
    CHECK_THROWS_WITH(parse_yaml(large, {.duplicates = DuplicateKeys::refuse}),
                      Contains("line 51"));
  }
}

TEST_CASE("one document or all of a YAML stream are parsed", "[io]") {
  const std::string text = "a: 1\n---\nb: 2\n...\n---\n- c\n";

  CHECK(parse_yaml(text).root().find("a") != nullptr);
  const auto documents = parse_yaml_stream(text);
  REQUIRE(documents.size() == 3);
  CHECK(text.substr(documents[2].root().begin, 3) == "- c");

  SECTION("what follows the first document need not be YAML") {
    CHECK_NOTHROW(parse_yaml("a: 1\n---\n[}\n"));
    CHECK_THROWS_AS(parse_yaml_stream("a: 1\n---\n[}\n"), UserError);
  }
  SECTION("a text without document is a null") {
    CHECK(parse_yaml_stream("# nothing\n").empty());
    CHECK(std::holds_alternative<YamlNull>(
        resolve(parse_yaml("# nothing\n").root(), Typing::core_1_2)));
  }
}

TEST_CASE("bad YAML is refused with line and column", "[io]") {
  const auto [name, text, expected] = GENERATE(table<std::string, std::string, std::string>({
      {"indentation by tab", "a:\n\tb: 1\n", "line 2, column 1"},
      {"unclosed list", "a: [1, 2\nb: 3\n", "line 2"},
      {"unknown anchor", "a: *nobody\n", "line 1, column 4: unknown anchor 'nobody'"},
      {"anchor in itself", "a: &x [1, *x]\n", "anchor 'x' contains itself"},
      {"two colons", "a: b: c\n", "line 1, column 5"},
      {"not UTF-8", "a: 1\nb: \xff\n", "line 2, column 4"},
      {"control character", "a: 1\nb: \x01\n", "line 2"},
      {"UTF-16", std::string{"\xff\xfe"} + std::string{"a\0", 2}, "line 1"},
  }));
  CAPTURE(name);

  CHECK_THROWS_WITH(parse_yaml(text, {.name = "x.yaml"}),
                    StartsWith("x.yaml, ") && Contains(expected));
  CHECK_THROWS_AS(parse_yaml(text), UserError);
}

TEST_CASE("an anchor given anew counts for what follows", "[io]") {
  const auto document = parse_yaml("a: &x 1\nb: *x\nc: &x [&x 2]\nd: *x\n");

  CHECK(document.root().find("b")->resolved().value == "1");
  CHECK(document.root().find("d")->resolved().value == "2");
}

TEST_CASE("YAML beyond a bound is refused", "[io]") {
  CHECK_THROWS_WITH(parse_yaml("[1, 2]", {.max_bytes = 5}), Contains("6 bytes"));
  CHECK_THROWS_WITH(parse_yaml("[1, 2]", {.max_nodes = 2}), Contains("2 nodes"));
  CHECK_NOTHROW(parse_yaml("[[[1]]]", {.max_depth = 3}));
  CHECK_THROWS_WITH(parse_yaml("[[[1]]]", {.max_depth = 2}), Contains("2 levels"));
  CHECK_THROWS_AS(parse_yaml(std::string(100'000, '[')), UserError);

  SECTION("aliases of aliases count as what they stand for") {
    std::string laughs = "a0: &a0 [x, x]\n";
    for (int i = 1; i < 30; ++i) {
      laughs += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
    }
    CHECK_THROWS_WITH(parse_yaml(laughs), Contains("aliases stand for more than"));
  }
}

TEST_CASE("a YAML text that is nowhere in memory is empty", "[io]") {
  CHECK(parse_yaml({}).root().value.empty());
  CHECK(parse_yaml_stream({}).empty());
}

TEST_CASE("a YAML stream is read no further than the documents that were asked for", "[io]") {
  CHECK(parse_yaml_stream("a\n---\nb\n---\n[", {.max_documents = 2}).size() == 2);
  CHECK_THROWS_AS(parse_yaml_stream("a\n---\nb\n---\n["), UserError);
}

TEST_CASE("a YAML text that is too large is told from one that is wrong", "[io]") {
  CHECK_THROWS_AS(parse_yaml("abcd", {.max_bytes = 3}), YamlTooLarge);
  CHECK_THROWS_AS(parse_yaml("[[a]]", {.max_depth = 1}), YamlTooLarge);
  CHECK_THROWS_AS(parse_yaml("[a, b]", {.max_nodes = 2}), YamlTooLarge);
  CHECK_THROWS_AS(parse_yaml("[&a [b], *a]", {.max_alias_nodes = 1}), YamlTooLarge);
  CHECK_NOTHROW(parse_yaml("[&a [b], *a]", {.max_bytes = 12, .max_depth = 2, .max_nodes = 4}));
}
