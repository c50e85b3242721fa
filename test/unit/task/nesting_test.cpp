#include "task/nesting.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

using namespace iib;
using namespace iib::task;
using Texts = std::vector<std::string>;

namespace {

/// Which bundle names which; counts how often each is asked about.
struct Nest {
  std::map<std::string, Texts> children;
  std::map<std::string, int> asked{};

  Texts below(const std::string& parent, std::size_t most = 15) {
    return deepest_first(named(parent), most, [&](const NamedBundle& bundle) {
      ++asked[bundle.identity];
      std::vector<NamedBundle> found;
      for (const auto& child : children[bundle.identity]) found.push_back(named(child));
      return found;
    });
  }

  /// `a:tag` is another name of `a`.
  static NamedBundle named(const std::string& name) {
    return {.pull_spec = name, .identity = name.substr(0, name.find(':'))};
  }
};

}  // namespace

TEST_CASE("bundles come after those that they name, the parent last", "[nesting]") {
  Nest nest{{{"p", {"a", "b"}}, {"a", {"c"}}, {"b", {"d", "e"}}}};

  CHECK(nest.below("p") == Texts{"e", "d", "c", "b", "a", "p"});
  CHECK(nest.below("c") == Texts{"c"});
}

TEST_CASE("a bundle on several levels counts once, on the deepest", "[nesting]") {
  // x is below p at once, below a, and below c: two levels further down; y is below x
  Nest nest{{{"p", {"x", "a"}}, {"a", {"c", "x:again"}}, {"c", {"x:deep"}}, {"x", {"y"}}}};

  CHECK(nest.below("p", 5) == Texts{"y", "x:deep", "c", "a", "p"});
  for (const auto& [name, times] : nest.asked) {
    CAPTURE(name);
    CHECK(times == 1);
  }
}

TEST_CASE("as many bundles as the limit are too many", "[nesting]") {
  Nest nest{{{"p", {"a", "a:again", "b"}}, {"a", {"b", "c"}}}};

  CHECK(nest.below("p", 4) == Texts{"c", "b", "a:again", "p"});
  CHECK_THROWS_WITH(nest.below("p", 3), Catch::Contains("iib_max_recursive_related_bundles"));
}

TEST_CASE("bundles that name each other in a circle are refused, all of them named", "[nesting]") {
  Nest nest{{{"p", {"o", "a"}}, {"a", {"b"}}, {"b", {"c", "a:again"}}}};
  CHECK_THROWS_WITH(nest.below("p"), Catch::Contains("cycle: a -> b -> a:again"));

  nest.children = {{"p", {"p:again"}}};
  CHECK_THROWS_WITH(nest.below("p"), Catch::Contains("cycle: p -> p:again"));
}

TEST_CASE("what cannot be looked into fails the search", "[nesting]") {
  CHECK_THROWS_AS(deepest_first(Nest::named("p"), 15,
                                [](const NamedBundle&) -> std::vector<NamedBundle> {
                                  throw UserError{"no such image"};
                                }),
                  UserError);
}
