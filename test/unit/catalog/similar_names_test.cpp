#include "catalog/similar_names.hpp"

#include <catch2/catch.hpp>

namespace iib::test {

using catalog::similar_names;
using Names = std::vector<std::string>;

TEST_CASE("names are suggested that differ in few characters, the nearest first",
          "[catalog][similar_names]") {
  const Names known{"etcd", "etcd-operator", "kubevirt", "etcf"};

  CHECK(similar_names("etdc", known) == Names{"etcd", "etcf", "etcd-operator"});
  CHECK(similar_names("kubvirt", known) == Names{"kubevirt"});
  CHECK(similar_names("edcd", Names{"etcd-operator"}) == Names{"etcd-operator"});
  CHECK(similar_names("zebra", known).empty());
}

TEST_CASE("names are suggested of which one is a part of the other", "[catalog][similar_names]") {
  const Names known{"etcd", "prometheus"};

  CHECK(similar_names("etcd-operator", known) == Names{"etcd"});
  CHECK(similar_names("prom", known) == Names{"prometheus"});
  CHECK(similar_names("us", known).empty());  // part of too much
}

TEST_CASE("only few names are suggested, and endless ones not looked at",
          "[catalog][similar_names]") {
  CHECK(similar_names("node", Names{"node1", "node2", "node3", "node4"}).size() == 3);
  CHECK(similar_names(std::string(1'000'000, 'a'), Names{std::string(1'000'000, 'b')}).empty());
}

}  // namespace iib::test
