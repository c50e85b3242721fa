#include "task/merging.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iib;
using namespace iib::task;
using Bundles = std::vector<catalog::ListedBundle>;
using Texts = std::vector<std::string>;

namespace {

/// The bundle of `package` at `version`, whose image has the digest `digest`.
catalog::ListedBundle bundle(const std::string& package, const std::string& version,
                             const std::string& digest) {
  return {.package = package,
          .name = package + ".v" + version,
          .version = version,
          .pull_spec = "r.example.com/" + package + "@" + digest};
}

Texts names_of(const Bundles& bundles) {
  Texts names;
  for (const auto& each : bundles) names.push_back(each.name);
  return names;
}

}  // namespace

TEST_CASE("a bundle is missing when neither its digest nor its name is in the source", "[merge]") {
  const Bundles source{bundle("otter", "1.0.0", "sha256:1"), bundle("heron", "1.0.0", "sha256:2")};
  auto moved = bundle("otter", "9.0.0", "sha256:1");
  moved.pull_spec = "elsewhere.example.com/otter@sha256:1";
  const Bundles target{bundle("otter", "1.1.0", "sha256:3"), moved,
                       bundle("heron", "1.0.0", "sha256:4"), bundle("tern", "1.0.0", "sha256:5"),
                       bundle("tern", "1.0.1", "sha256:5")};

  CHECK(names_of(missing_bundles(source, target)) == Texts{"otter.v1.1.0", "tern.v1.0.0"});
  CHECK(missing_bundles(target, {}).empty());
}

TEST_CASE("bundles without digest are refused, a few of them named", "[merge]") {
  Bundles bundles{bundle("otter", "1.0.0", "sha256:1")};
  CHECK_NOTHROW(require_digests("target_index", "r/t:1", bundles));
  for (int i = 0; i < 12; ++i) {
    bundles.push_back({.package = "p",
                       .name = "p.v" + std::to_string(i),
                       .version = {},
                       .pull_spec = i == 0 ? "" : "r.example.com/p:" + std::to_string(i)});
  }
  CHECK_THROWS_WITH(require_digests("target_index", "r/t:1", bundles),
                    Catch::Contains("target_index r/t:1") && Catch::Contains("p.v0 (no image)") &&
                        Catch::Contains("p.v9 (r.example.com/p:9)") && !Catch::Contains("p.v10") &&
                        Catch::Contains("and 2 more"));
}

TEST_CASE("of each package only the highest version is deprecated", "[merge]") {
  const Bundles bundles{bundle("otter", "1.9.0", "sha256:1"), bundle("otter", "1.10.0", "sha256:2"),
                        bundle("otter", "1.11.0-rc1", "sha256:3"),
                        bundle("heron", "2.0.0", "sha256:4"), bundle("tern", "1.0.0", "sha256:5")};

  CHECK(deprecated_pull_specs(bundles, {"sha256:1"}, {"otter.v1.10.0", "heron.v2.0.0"}) ==
        Texts{"r.example.com/otter@sha256:2", "r.example.com/heron@sha256:4"});
  CHECK(deprecated_pull_specs(bundles, {"sha256:2", "sha256:3"}, {}) ==
        Texts{"r.example.com/otter@sha256:3"});
  CHECK(deprecated_pull_specs(bundles, {"sha256:9"}, {"gull.v1.0.0"}).empty());
}

TEST_CASE("a bundle to deprecate whose version cannot be compared is refused by name", "[merge]") {
  Bundles bundles{bundle("otter", "1.9", "sha256:1"), bundle("heron", "", "sha256:2")};

  CHECK(deprecated_pull_specs(bundles, {"sha256:9"}, {}).empty());
  CHECK_THROWS_WITH(deprecated_pull_specs(bundles, {"sha256:1"}, {}),
                    Catch::Contains("otter.v1.9") && Catch::Contains("'1.9'"));
  CHECK_THROWS_AS(deprecated_pull_specs(bundles, {"sha256:2"}, {}), UserError);
}
