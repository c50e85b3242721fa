#include "iib/io/yaml_edit.hpp"
#include "yaml_edit_support.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace iib::io;
using namespace iib::io::test;

TEST_CASE("an alias that changes is replaced by the value", "[io]") {
  CHECK(replaced("a: &x old\nb: *x  # c\nc: *x\n", {"b"}, "new") ==
        "a: &x old\nb: new  # c\nc: *x\n");
  CHECK(replaced("a: &x old\nb: [*x , y]\n", {"b", 0UL}, "new") == "a: &x old\nb: [new , y]\n");
  CHECK(replaced("a: &x old\nb:\n- *x\n", {"b", 0UL}, "a: b") == "a: &x old\nb:\n- \"a: b\"\n");
}

TEST_CASE("an anchored text that changes keeps its anchor", "[io]") {
  const std::string text = "a: &x 'old'\nb: *x\nc: *x\n";

  SECTION("and an alias that is to stay gets the old text") {
    CHECK(replaced(text, {"a"}, "new") == "a: &x 'new'\nb: old\nc: old\n");
  }
  SECTION("and aliases that change to the same stay aliases") {
    const auto now = edited(text, [](YamlEdit& edit) {
      edit.replace({"a"}, 0, 3, "new");
      edit.replace({"c"}, 0, 3, "new");
      edit.replace({"b"}, 0, 1, "n");
    });
    CHECK(now == "a: &x 'new'\nb: nld\nc: *x\n");
  }
}

TEST_CASE("an anchored collection in which something changes leaves its aliases as they were",
          "[io]") {
  const std::string text =
      "a: &x\n  image: old  # c\n  env:\n  - name: N\n    value: '1'\nb: *x\nc: [*x]\nd:\n- *x\n";

  const auto now = replaced(text, {"a", "image"}, "new");

  CHECK(now ==
        "a: &x\n  image: new  # c\n  env:\n  - name: N\n    value: '1'\n"
        "b:\n  image: old\n  env:\n  - name: N\n    value: \"1\"\n"
        "c: [{image: old, env: [{name: N, value: \"1\"}]}]\n"
        "d:\n- {image: old, env: [{name: N, value: \"1\"}]}\n");

  SECTION("unless they change in the same way") {
    const auto same = edited(text, [](YamlEdit& edit) {
      for (const YamlPath& place : {YamlPath{"a", "image"}, YamlPath{"b", "image"},
                                    YamlPath{"c", 0UL, "image"}, YamlPath{"d", 0UL, "image"}}) {
        edit.replace(place, 0, 3, "new");
      }
    });
    CHECK(same ==
          "a: &x\n  image: new  # c\n  env:\n  - name: N\n    value: '1'\nb: *x\nc: [*x]\nd:\n- "
          "*x\n");
  }
}

TEST_CASE("a change below an alias writes out what the alias stands for", "[io]") {
  const std::string text = "a: &x\n  n: 1\n  t: yes\n  s: '1'\n  i: old\nb: *x  # c\n";

  CHECK(replaced(text, {"b", "i"}, "new") ==
        "a: &x\n  n: 1\n  t: yes\n  s: '1'\n  i: old\n"
        "b:  # c\n  n: 1\n  t: yes\n  s: \"1\"\n  i: new\n");
  CHECK(with_pair("a: &x {}\nb: *x\n", {"b"}, "k", {"v"}) == "a: &x {}\nb:\n  k: v\n");
}

TEST_CASE("an alias of what was replaced gets the old value", "[io]") {
  const std::string text = "a:\n  k: &x [1, &y z]\nb: *x\nc: *y\n";

  CHECK(with_pair(text, {"a"}, "k", {"v"}) == "a:\n  k: v\nb:\n- 1\n- z\nc: z\n");
}

TEST_CASE("an alias as a key keeps its text", "[io]") {
  CHECK(replaced("a: &x old\n*x : 1\n", {"a"}, "new") == "a: &x new\nold : 1\n");
  CHECK(replaced("a: &x old\nb: [*x:, 1]\n", {"a"}, "new") == "a: &x new\nb: [old: , 1]\n");
  CHECK(with_pair("a: &x\nb: {c: 1}\n*x : 1\n", {}, "a", {"k"}) ==
        "a: k\nb: {c: 1}\n!<tag:yaml.org,2002:null> '' : 1\n");
  CHECK(
      with_pair("a: &x\nb: {*x : 1}\nc: &y\n  <<: {*x : 1}\nd: *y\n", {"d"}, "k", {"v"}) ==
      "a: &x\nb: {*x : 1}\nc: &y\n  <<: {*x : 1}\nd:\n  !<tag:yaml.org,2002:null> '': 1\n  k: v\n");
  CHECK(with_pair("a: &x\nb: [*x:, 1]\n", {}, "a", {"k"}) ==
        "a: k\nb: [!<tag:yaml.org,2002:null> '': , 1]\n");
}

TEST_CASE("an anchor given anew is another place", "[io]") {
  CHECK(replaced("a: &x 1st\nb: *x\nc: &x 2nd\nd: *x\n", {"d"}, "new") ==
        "a: &x 1st\nb: *x\nc: &x 2nd\nd: new\n");
  CHECK(replaced("a: &x 1st\nb: *x\nc: &x 2nd\nd: *x\n", {"a"}, "new") ==
        "a: &x new\nb: 1st\nc: &x 2nd\nd: *x\n");
}

TEST_CASE("a value that comes in by a merge key changes by a key of its own", "[io]") {
  const std::string text = "a: &x\n  image: old\n  n: 1\nb:\n  <<: *x\n  m: 2\nc: 3\n";

  CHECK(replaced(text, {"b", "image"}, "new") ==
        "a: &x\n  image: old\n  n: 1\nb:\n  <<: *x\n  m: 2\n  image: new\nc: 3\n");
  CHECK(replaced("a: &x {i: old}\nb: {<<: *x}\n", {"b", "i"}, "new") ==
        "a: &x {i: old}\nb: {<<: *x, i: new}\n");
  CHECK(replaced("b:\n  <<: {i: old}\n", {"b", "i"}, "new") == "b:\n  <<: {i: old}\n  i: new\n");
}

TEST_CASE("a merged value that changes with its source needs nothing", "[io]") {
  const std::string text = "a: &x {image: old}\nb:\n  <<: [*x]\n  m: 2\n";

  const auto now = edited(text, [](YamlEdit& edit) {
    edit.replace({"a", "image"}, 0, 3, "new");
    edit.replace({"b", "image"}, 0, 3, "new");
  });

  CHECK(now == "a: &x {image: new}\nb:\n  <<: [*x]\n  m: 2\n");
}

TEST_CASE("a merged value that is to stay while its source changes becomes a key", "[io]") {
  CHECK(replaced("a: &x {image: old}\nb:\n  <<: *x\n", {"a", "image"}, "new") ==
        "a: &x {image: new}\nb:\n  <<: *x\n  image: old\n");
  CHECK(replaced("a: &x {image: old}\nb:\n  <<: *x\n  image: mine\n", {"a", "image"}, "new") ==
        "a: &x {image: new}\nb:\n  <<: *x\n  image: mine\n");
}

TEST_CASE("a key that a merged source gets does not reach where it is not wanted", "[io]") {
  CHECK(with_pair("a: &x\n  k: 1\nb:\n  <<: *x\n  m: 2\n", {"a"}, "new", {"v"}) ==
        "a: &x\n  k: 1\n  new: v\nb:\n  <<:\n    k: 1\n  m: 2\n");
  const auto both = edited("a: &x {k: 1}\nb:\n  <<: *x\n", [](YamlEdit& edit) {
    edit.set({"a"}, "new", {"v"});
    edit.set({"b"}, "new", {"v"});
  });
  CHECK(both == "a: &x {k: 1, new: v}\nb:\n  <<: *x\n");
}
