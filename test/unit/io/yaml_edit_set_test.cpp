#include "iib/io/yaml_edit.hpp"
#include "yaml_edit_support.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace iib::io;
using namespace iib::io::test;

namespace {

const YamlValue kEmptyList{YamlValue::List{}};

}  // namespace

TEST_CASE("relatedImages become the last key in the manner of the file", "[io]") {
  const auto [name, before, after] = GENERATE(table<std::string, std::string, std::string>({
      {"dashes below the key", "spec:\n  v: 1\n  l:\n  - x\nz: 1\n",
       "spec:\n  v: 1\n  l:\n  - x\n  relatedImages:\n  - name: web\n    image: "
       "quay.io/a/web@sha256:00\nz: 1\n"},
      {"dashes indented", "spec:\n    v: 1\n    l:\n      - x\nz: 1\n",
       "spec:\n    v: 1\n    l:\n      - x\n    relatedImages:\n      - name: web\n        image: "
       "quay.io/a/web@sha256:00\nz: 1\n"},
      {"dashes as elsewhere in the file", "a:\n  b:\n      - x\nspec:\n  v: 1\n",
       "a:\n  b:\n      - x\nspec:\n  v: 1\n  relatedImages:\n      - name: web\n        image: "
       "quay.io/a/web@sha256:00\n"},
      {"no list in the file", "spec:\n  v: 1\n",
       "spec:\n  v: 1\n  relatedImages:\n  - name: web\n    image: quay.io/a/web@sha256:00\n"},
      {"CRLF", "spec:\r\n  v: 1\r\nz: 1\r\n",
       "spec:\r\n  v: 1\r\n  relatedImages:\r\n  - name: web\r\n    image: "
       "quay.io/a/web@sha256:00\r\nz: 1\r\n"},
      {"no final newline", "spec:\n  v: 1",
       "spec:\n  v: 1\n  relatedImages:\n  - name: web\n    image: quay.io/a/web@sha256:00"},
      {"flow style", "spec: {v: 1, w: [x]}\nz: 1\n",
       "spec: {v: 1, w: [x], relatedImages: [{name: web, image: \"quay.io/a/web@sha256:00\"}]}\nz: "
       "1\n"},
      {"JSON", "{\"spec\": {\"v\": 1}}\n",
       "{\"spec\": {\"v\": 1, \"relatedImages\": [{\"name\": \"web\", \"image\": "
       "\"quay.io/a/web@sha256:00\"}]}}\n"},
      {"JSON on several lines", "{\n  \"spec\": {\n    \"v\": 1,\n    \"w\": 2\n  }\n}\n",
       "{\n  \"spec\": {\n    \"v\": 1,\n    \"w\": 2,\n    \"relatedImages\": [{\"name\": "
       "\"web\", "
       "\"image\": \"quay.io/a/web@sha256:00\"}]\n  }\n}\n"},
  }));
  CAPTURE(name);

  CHECK(with_pair(before, {"spec"}, "relatedImages", one_image()) == after);
}

TEST_CASE("a new key stands after all that belongs to the last one", "[io]") {
  const auto [name, before, after] = GENERATE(table<std::string, std::string, std::string>({
      {"a comment beside", "s:\n  v: 1  # c\nz: 1\n", "s:\n  v: 1  # c\n  k: w\nz: 1\n"},
      {"comments below", "s:\n  v: 1\n  # one\n    # two\n\n# z\nz: 1\n",
       "s:\n  v: 1\n  # one\n    # two\n  k: w\n\n# z\nz: 1\n"},
      {"a literal", "s:\n  v: |\n    x\n\nz: 1\n", "s:\n  v: |\n    x\n  k: w\n\nz: 1\n"},
      {"a literal that keeps its end", "s:\n  v: |+\n    x\n\nz: 1\n",
       "s:\n  v: |+\n    x\n\n  k: w\nz: 1\n"},
      {"a literal without final newline", "s:\n  v: |\n    x", "s:\n  v: |-\n    x\n  k: w"},
      {"a kept literal without final newline", "s:\n  v: |+ # c\n    x",
       "s:\n  v: |- # c\n    x\n  k: w"},
      {"a folded one", "s:\n  v: >-\n    x\n    y\nz: 1\n",
       "s:\n  v: >-\n    x\n    y\n  k: w\nz: 1\n"},
      {"nothing", "s:\n  v:\nz: 1\n", "s:\n  v:\n  k: w\nz: 1\n"},
      {"a list", "s:\n  v:\n  - - x\n    - y\nz: 1\n",
       "s:\n  v:\n  - - x\n    - y\n  k: w\nz: 1\n"},
      {"a mapping", "s:\n  v:\n    x:\n      y: 1 # c\nz: 1\n",
       "s:\n  v:\n    x:\n      y: 1 # c\n  k: w\nz: 1\n"},
      {"brackets on several lines", "s:\n  v: [x,\n    y]  # c\nz: 1\n",
       "s:\n  v: [x,\n    y]  # c\n  k: w\nz: 1\n"},
      {"plain on several lines", "s:\n  v: x\n    y\nz: 1\n", "s:\n  v: x\n    y\n  k: w\nz: 1\n"},
      {"a document's end", "s:\n  v: 1\n...\n", "s:\n  v: 1\n  k: w\n...\n"},
      {"an anchor", "s: &a\n  v: 1\nz: 1\n", "s: &a\n  v: 1\n  k: w\nz: 1\n"},
      {"a trailing comma", "s: {v: 1, }\n", "s: {v: 1, k: w, }\n"},
      {"comments in brackets", "s: {\n    v: 1 # c\n  }\n", "s: {\n    v: 1,\n    k: w # c\n  }\n"},
      {"a key without value in brackets", "s: {v}\n", "s: {v, k: w}\n"},
      {"empty brackets with an anchor", "s: &a { }\n", "s: &a {k: w }\n"},
  }));
  CAPTURE(name);

  CHECK(with_pair(before, {"s"}, "k", {"w"}) == after);
}

TEST_CASE("new keys of nested mappings that end together stand in their own mapping", "[io]") {
  const auto now = edited("a:\n  b:\n    c: 1", [](YamlEdit& edit) {
    edit.set({}, "x", {"1st"});
    edit.set({"a"}, "x", {"2nd"});
    edit.set({"a", "b"}, "z", {"3rd"});
    edit.set({"a"}, "w", {"4th"});
  });

  CHECK(now == "a:\n  b:\n    c: 1\n    z: 3rd\n  x: 2nd\n  w: 4th\nx: 1st");
}

TEST_CASE("a mapping that is null or empty gets its first keys", "[io]") {
  const auto [name, before, after] = GENERATE(table<std::string, std::string, std::string>({
      {"nothing", "m:\n  a:  # c\n  b: 1\n", "m:\n  a:  # c\n    k: w\n  b: 1\n"},
      {"a tilde", "m:\n  a: ~  # c\n  b: 1\n", "m:\n  a:  # c\n    k: w\n  b: 1\n"},
      {"null", "m:\n    a: null\n", "m:\n    a:\n        k: w\n"},
      {"braces", "m:\n  a: {}\n  b: 1\n", "m:\n  a:\n    k: w\n  b: 1\n"},
      {"at the end, without newline", "m:\n  a:", "m:\n  a:\n    k: w"},
      {"in brackets", "m: {a: , b: 1}\n", "m: {a: {k: w} , b: 1}\n"},
      {"in brackets, without a colon", "m: {a, b: 1}\n", "m: {a : {k: w}, b: 1}\n"},
      {"a question mark only", "m:\n  ? a\n  ? b\n", "m:\n  ? a\n  :\n    k: w\n  ? b\n"},
  }));
  CAPTURE(name);

  CHECK(with_pair(before, {"m", "a"}, "k", {"w"}) == after);
}

TEST_CASE("a document that is nothing becomes a mapping", "[io]") {
  const auto [before, after] = GENERATE(table<std::string, std::string>({
      {"", "{k: w}"},
      {"# c\n", "# c\n{k: w}"},
      {"--- # c\n...\n", "--- # c\n{k: w}\n...\n"},
      {"~\n", "{k: w}\n"},
      {"{}\n", "{k: w}\n"},
  }));
  CAPTURE(before);

  CHECK(with_pair(before, {}, "k", {"w"}) == after);
}

TEST_CASE("a present value of any kind is replaced where it stands", "[io]") {
  const std::string list = "\n  - name: web\n    image: quay.io/a/web@sha256:00";
  const auto [name, before, after] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"brackets", "s:\n  k: []  # c\n  z: 1\n", "s:\n  k:  # c" + list + "\n  z: 1\n"},
      {"null", "s:\n  k: null\n  z: 1\n", "s:\n  k:" + list + "\n  z: 1\n"},
      {"a tilde", "s:\n  k: ~", "s:\n  k:" + list},
      {"nothing", "s:\n  k: # c\n  z: 1\n", "s:\n  k: # c" + list + "\n  z: 1\n"},
      {"a list", "s:\n  k:\n  - x\n  - y # c\n  # d\n  z: 1\n",
       "s:\n  k: # c" + list + "\n  # d\n  z: 1\n"},
      {"a list after a comment", "s:\n  k: # c\n  # d\n  - x\n  - y # e\n  z: 1\n",
       "s:\n  k: # c\n  # d" + list + " # e\n  z: 1\n"},
      {"a text", "s:\n  k: 'x'\n  z: 1\n", "s:\n  k:" + list + "\n  z: 1\n"},
      {"a literal", "s:\n  k: | # c\n    x\n\n  z: 1\n", "s:\n  k: # c" + list + "\n\n  z: 1\n"},
      {"a mapping", "s:\n  k:\n    x: 1\n  z: 1\n", "s:\n  k:" + list + "\n  z: 1\n"},
      {"an alias", "a: &a [1]\ns:\n  k: *a\n  z: 1\n", "a: &a [1]\ns:\n  k:" + list + "\n  z: 1\n"},
      {"brackets on several lines", "s:\n  k: [\n    x,\n    y\n  ] # c\n  z: 1\n",
       "s:\n  k: # c" + list + "\n  z: 1\n"},
  }));
  CAPTURE(name);

  CHECK(with_pair(before, {"s"}, "k", one_image()) == after);
}

TEST_CASE("a list in place of a list keeps its indentation", "[io]") {
  CHECK(with_pair("s:\n  k:\n      - x\n  z: 1\n", {"s"}, "k", {YamlValue::List{{"v"}, {"w"}}}) ==
        "s:\n  k:\n      - v\n      - w\n  z: 1\n");
}

TEST_CASE("a present value is replaced by a text or by what is empty", "[io]") {
  const auto [name, before, after] = GENERATE(table<std::string, std::string, std::string>({
      {"a number", "k: 5  # c\n", "k: w  # c\n"},
      {"nothing", "k:  # c\nz: 1\n", "k: w  # c\nz: 1\n"},
      {"a quoted text keeps its quotes", "k: 'x'\n", "k: 'w'\n"},
      {"a list", "k:\n- x\n- y\nz: 1\n", "k: w\nz: 1\n"},
      {"a list after a comment", "k: # c\n- x\nz: 1\n", "k: # c\n w\nz: 1\n"},
      {"a comment that touches it", "k: [5]#c\n", "k: w #c\n"},
      {"a mapping", "k:\n  x: 1 # c\nz: 1\n", "k: w # c\nz: 1\n"},
      {"a value on a line of its own", "k:\n    5\n", "k: w\n"},
      {"braces", "k: {x: 1}\n", "k: w\n"},
      {"in brackets", "{k: 5, z: }\n", "{k: w, z: }\n"},
      {"a question mark", "? k\n: 5\n", "? k\n: w\n"},
      {"a question mark only", "? k\n? z\n", "? k\n: w\n? z\n"},
  }));
  CAPTURE(name);

  CHECK(with_pair(before, {}, "k", {"w"}) == after);
  CHECK(with_pair("k: 5\n", {}, "k", kEmptyList) == "k: []\n");
  CHECK(with_pair("k:\n- x\n", {}, "k", {YamlValue::Map{}}) == "k: {}\n");
}

TEST_CASE("nested maps and lists are made as a whole", "[io]") {
  const YamlValue nested{YamlValue::Map{
      {"annotations", {YamlValue::Map{{"a/b", {"1"}}, {"c d", {"it's: \"x\""}}}}},
      {"list", {YamlValue::List{{"x"}, {YamlValue::List{{"z"}}}, {YamlValue::Map{}}}}}}};

  CHECK(with_pair("kind: K\n", {}, "metadata", nested) ==
        "kind: K\nmetadata:\n  annotations:\n    a/b: \"1\"\n    c d: \"it's: \\\"x\\\"\"\n"
        "  list:\n  - x\n  - [z]\n  - {}\n");
  CHECK(with_pair("{kind: K}\n", {}, "metadata", nested) ==
        "{kind: K, metadata: {annotations: {a/b: \"1\", c d: \"it's: \\\"x\\\"\"}, list: [x, [z], "
        "{}]}}\n");
}

TEST_CASE("a key longer than implicit keys may be gets a question mark", "[io]") {
  const std::string key(2000, 'k');

  CHECK(with_pair("a: 1\n", {}, key, {"v"}) == "a: 1\n? " + key + "\n: v\n");
  CHECK(with_pair("{a: 1}\n", {}, key, {"v"}) == "{a: 1, ? " + key + " : v}\n");
}
