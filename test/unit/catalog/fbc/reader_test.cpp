#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/ignore.hpp"
#include "catalog/fbc/json_form.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace iib::test {
namespace {

namespace fbc = catalog::fbc;

struct Piece {
  std::size_t number;
  std::size_t offset;
  std::size_t line;
  std::string text;
};

std::vector<Piece> pieces(const std::string& content) {
  const CatalogTree tree;
  tree.write("f", content);
  fbc::BlobReader reader{tree.root() / "f"};
  std::vector<Piece> found;
  while (const auto blob = reader.next()) {
    found.push_back({blob->number, blob->offset, blob->line, std::string{blob->text}});
  }
  return found;
}

fbc::ParsedBlob parse(const std::string& text, catalog::Notation notation) {
  return fbc::parse_blob({.number = 1, .offset = 0, .line = 1, .notation = notation, .text = text},
                         fbc::Values::keep);
}

bool ignored(const std::string& patterns, const std::string& path) {
  fbc::IgnoreRules rules;
  rules.add("", patterns);
  return rules.ignores(path);
}

}  // namespace

TEST_CASE("a JSON stream is split with the place of each object", "[fbc]") {
  const auto found = pieces("{\"a\":\"}\\\"{\"}\n\n  {\"b\":[{},\n{}]}{}");

  REQUIRE(found.size() == 3);
  CHECK(found[0].text == "{\"a\":\"}\\\"{\"}");
  CHECK(found[1].text == "{\"b\":[{},\n{}]}");
  CHECK(found[1].offset == 16);
  CHECK(found[1].line == 3);
  CHECK(found[2].number == 3);
  CHECK(found[2].line == 4);
}

TEST_CASE("objects may lie across the pieces in which a file is read", "[fbc]") {
  const std::string large = "{\"a\":\"" + std::string(700'000, 'x') + "\\\\\"}";

  const auto found = pieces("{}" + large + large + "{}");

  REQUIRE(found.size() == 4);
  CHECK(found[2].text == large);
  CHECK(found[3].offset == 2 + 2 * large.size());
}

TEST_CASE("YAML documents are split at separators", "[fbc]") {
  SECTION("with what the reference counts as a document") {
    const auto found = pieces("---\na: 1\n--- # comment\r\n---\nb: 2\n---\n");

    REQUIRE(found.size() == 2);
    CHECK(found[0].text == "---\na: 1\n");
    CHECK(found[1].text == "---\nb: 2\n");
    CHECK(found[1].line == 4);
  }
  SECTION("an empty file has none") {
    CHECK(pieces("").empty());
  }
  SECTION("text after a separator is refused") {
    CHECK_THROWS_AS(pieces("a: 1\n---x\n"), fbc::SplitError);
  }
}

TEST_CASE("a blob above the bound is refused before it is held", "[fbc]") {
  const CatalogTree tree;
  tree.write("f.json", "{}{\"a\":\"" + std::string(2'000, 'x') + "\"}");
  tree.write("f.yaml", "a: " + std::string(2'000, 'x'));

  fbc::BlobReader json{tree.root() / "f.json", 1'000};
  REQUIRE(json.next().has_value());
  CHECK_THROWS_AS(json.next(), fbc::BlobTooLarge);
  fbc::BlobReader yaml{tree.root() / "f.yaml", 1'000};
  CHECK_THROWS_AS(yaml.next(), fbc::BlobTooLarge);
}

TEST_CASE("values of properties keep their text", "[fbc]") {
  const auto parsed = parse(
      R"({"schema":"olm.bundle","properties":[{"type":"t","value": {"z" : 1.0,"a":"\u003c\\u003e"}}]})",
      catalog::Notation::json);

  const auto bundle = std::get<fbc::BundleBlob>(fbc::read_blob(parsed, fbc::Values::keep));

  REQUIRE(bundle.properties.size() == 1);
  CHECK(bundle.properties[0].value == R"({"z" : 1.0,"a":"<\\u003e"})");
}

TEST_CASE("values of YAML have sorted keys", "[fbc]") {
  const auto parsed = parse("schema: olm.bundle\nproperties:\n- {type: t, value: {z: yes, a: <}}\n",
                            catalog::Notation::yaml);

  const auto bundle = std::get<fbc::BundleBlob>(fbc::read_blob(parsed, fbc::Values::keep));

  CHECK(bundle.properties.at(0).value == R"({"a":"<","z":true})");
}

TEST_CASE("halves of surrogate pairs and bytes that are no text are replaced", "[fbc]") {
  const auto parsed = parse("{\"schema\":\"x\",\"a\":\"\\ud800 \\ud83d\\ude00 \\\\ud800 \xff\"}",
                            catalog::Notation::json);

  CHECK(io::text_member(parsed.root, "a") == "\xef\xbf\xbd \xf0\x9f\x98\x80 \\ud800 \xef\xbf\xbd");
}

TEST_CASE("patterns of .indexignore", "[fbc]") {
  CHECK(ignored("*.md\n", "p/README.md"));
  CHECK(ignored("docs/\n", "p/docs/a"));
  CHECK_FALSE(ignored("docs/\n", "p/docs"));
  CHECK(ignored("/docs\n", "docs/a"));
  CHECK_FALSE(ignored("/docs\n", "p/docs/a"));
  CHECK(ignored("a/**/b\n", "a/x/y/b"));
  CHECK(ignored("a/**/b\n", "a/b"));
  CHECK(ignored("a/**\n", "a/x/y"));
  CHECK(ignored("x?[ab]\n", "x1a"));
  CHECK_FALSE(ignored("#x\n", "#x"));
  CHECK_FALSE(ignored("p/\n!p/c\n", "p/c"));
  CHECK(ignored("!p/c\np/\n", "p/c"));
  CHECK(ignored("a  \r\n", "a"));
}

TEST_CASE("a directory's own patterns reach no other directory", "[fbc]") {
  fbc::IgnoreRules rules;
  rules.add("", "*.txt\n");
  rules.add("p", "!*.txt\n/x\n");

  CHECK_FALSE(rules.ignores("p/a.txt"));
  CHECK(rules.ignores("q/a.txt"));
  CHECK(rules.ignores("p/x"));
  CHECK_FALSE(rules.ignores("p/q/x"));
}

TEST_CASE("JSON keeps its spelling when it is laid out anew", "[fbc]") {
  CHECK(fbc::indent_json(R"({"b":[ ],"a":[1.0,{"c":"\u00e9, }"}],"d":{ }})", 2) ==
        "{\n  \"b\": [],\n  \"a\": [\n    1.0,\n    {\n      \"c\": \"\\u00e9, }\"\n    }\n  ],\n"
        "  \"d\": {}\n}");
  CHECK(fbc::compact_text("{ \"a b\" : [ 1 , 2 ] }") == R"({"a b":[1,2]})");
  CHECK(fbc::plain_json_string("<\\u003c\b\xe2\x80\xa8") == R"("<\\u003c\u0008\u2028")");
}

}  // namespace iib::test
