#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "iib/catalog/problem.hpp"
#include "iib/io/json.hpp"
#include "package_text.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <stop_token>
#include <string>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

constexpr std::size_t kLimit = 1UL << 20U;

/// A catalog and a directory for its cache.
struct Site {
  CatalogTree tree;
  fs::path served = tree.root().parent_path() / "served";

  [[nodiscard]] std::string file(const std::string& name) const {
    return read_file(served / name, kLimit);
  }
  [[nodiscard]] fbc::CacheState state(const fbc::RootModes& modes = {}) const {
    return fbc::check_cache(tree.root(), served, modes).state;
  }
};

std::vector<catalog::Problem> problems_of(const Site& site) {
  try {
    fbc::write_cache(site.tree.root(), site.served);
  } catch (const catalog::Refused& refused) {
    return refused.problems();
  }
  return {};
}

unsigned mode_of(const fs::path& path) {
  return static_cast<unsigned>(fs::symlink_status(path).permissions());
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a cache is up to date until the catalog or its modes change", "[fbc][cache]") {
  const Site site;
  site.tree.write("p/catalog.json", small_package("p"));
  CHECK(site.state() == fbc::CacheState::absent);
  fbc::write_cache(site.tree.root(), site.served);
  REQUIRE(site.state() == fbc::CacheState::up_to_date);

  SECTION("a file that does not count changes") {
    site.tree.write("README.md", "not of the catalog");
    CHECK(site.state() == fbc::CacheState::stale);
  }
  SECTION("the mode of a file is another where it is served") {
    CHECK(site.state({.exceptions = {{"p/catalog.json", 0600}}}) == fbc::CacheState::stale);
  }
  SECTION("the mode of the root is another where it is served") {
    CHECK(site.state({.exceptions = {{".", 0775}}}) == fbc::CacheState::stale);
  }
  SECTION("the modes of this host do not count") {
    fs::permissions(site.tree.root() / "p" / "catalog.json", fs::perms::owner_read);
    CHECK(site.state() == fbc::CacheState::up_to_date);
    CHECK(site.state(fbc::RootModes::of_host(site.tree.root())) == fbc::CacheState::stale);
  }
  SECTION("blanks after the digest do not count") {
    write_file_atomically(site.served / "digest", site.file("digest") + " \n");
    CHECK(site.state() == fbc::CacheState::up_to_date);
  }
  SECTION("a file of the cache changes") {
    write_file_atomically(site.served / "cache" / "packages.json", "{}");
    const auto check = fbc::check_cache(site.tree.root(), site.served, {});
    CHECK(check.state == fbc::CacheState::stale);
    CHECK(check.recorded == site.file("digest"));
    CHECK(check.recorded != check.expected);
  }
}

TEST_CASE("the modes of a cache do not depend on the umask", "[fbc][cache]") {
  const auto mask = GENERATE(as<mode_t>(), 0, 0077);
  const Site site;
  site.tree.write("p/catalog.json", small_package("p"));

  const auto old = ::umask(mask);
  fbc::write_cache(site.tree.root(), site.served);
  ::umask(old);

  CHECK(mode_of(site.served) == fbc::kCacheDirectoryMode);
  CHECK(mode_of(site.served / "cache") == fbc::kCacheDirectoryMode);
  CHECK(mode_of(site.served / "digest") == fbc::kCacheFileMode);
  CHECK(mode_of(site.served / "cache" / "p_s_p.v1.json") == fbc::kCacheFileMode);
}

TEST_CASE("entries that would share a file in the cache are refused by name", "[fbc][cache]") {
  const Site site;
  site.tree.write("a/catalog.json", package_text("a", "b_c", "x"));
  site.tree.write("a_b/catalog.json", package_text("a_b", "c", "x"));

  const auto problems = problems_of(site);

  REQUIRE(problems.size() == 1);
  CHECK(has(problems.front().text, "bundle x in channel b_c of package a "));
  CHECK(has(problems.front().text, "bundle x in channel c of package a_b "));
  CHECK(has(problems.front().text, "a_b_c_x.json"));
}

TEST_CASE("entries whose files cannot be named are refused by name", "[fbc][cache]") {
  const Site site;
  site.tree.write("a/catalog.json", package_text("a", "b/c", "x"));
  site.tree.write("b/catalog.json", package_text("b", "s", std::string(255, 'x')));

  const auto problems = problems_of(site);

  REQUIRE(problems.size() == 2);
  CHECK(has(problems[0].text, "bundle x in channel b/c of package a "));
  CHECK(problems[0].channel == "b/c");
  CHECK(problems[1].package == "b");
  CHECK(has(problems[1].text, "9 bytes too long"));
}

TEST_CASE("no cache is made of a catalog that breaks the rules", "[fbc][cache]") {
  const Site site;
  site.tree.write("p/catalog.json", small_package("p"));
  site.tree.write("q/catalog.json", small_package("p"));

  const auto problems = problems_of(site);

  REQUIRE_FALSE(problems.empty());
  CHECK(has(problems.front().text, "q/catalog.json"));
  CHECK_FALSE(fs::exists(site.served / "digest"));
}

TEST_CASE("an object that is neither JSON nor YAML is refused by its bundle", "[fbc][cache]") {
  const Site site;
  auto text = package_text("p", "s", "p.v1");
  // ": : [" in base64.
  const std::string object =
      R"({"type":"olm.bundle.object","value":{"data":"OiA6IFs="}},{"type":"olm.package")";
  text.replace(text.find(R"({"type":"olm.package")"), 21, object);
  site.tree.write("p/catalog.json", text);

  CHECK_THROWS_WITH(fbc::write_cache(site.tree.root(), site.served),
                    Catch::Contains("bundle p.v1 of package p") && Catch::Contains("object 1"));
}

TEST_CASE("a directory with other things in it is not written to", "[fbc][cache]") {
  const Site site;
  site.tree.write("p/catalog.json", small_package("p"));
  fs::create_directory(site.served);
  write_file_atomically(site.served / "notes", "mine");

  CHECK_THROWS_AS(fbc::write_cache(site.tree.root(), site.served), UserError);

  CHECK(site.file("notes") == "mine");
  CHECK(site.state() == fbc::CacheState::foreign);
}

TEST_CASE("a cache of newer releases is told apart", "[fbc][cache]") {
  const Site site;
  site.tree.write("p/catalog.json", small_package("p"));

  SECTION("alone it is none that is understood") {
    fs::create_directories(site.served / "pogreb.v1" / "db");
    const auto check = fbc::check_cache(site.tree.root(), site.served, {});
    CHECK(check.state == fbc::CacheState::foreign);
    CHECK(check.has_pogreb);
  }
  SECTION("beside a JSON cache both are told") {
    fbc::write_cache(site.tree.root(), site.served);
    fs::create_directories(site.served / "pogreb.v1" / "db");
    const auto check = fbc::check_cache(site.tree.root(), site.served, {});
    CHECK(check.state == fbc::CacheState::up_to_date);
    CHECK(check.has_pogreb);
  }
}

TEST_CASE("packages may be spread over files", "[fbc][cache]") {
  const Site one;
  const Site spread;
  const auto p = small_package("p");
  const auto second = p.find('\n') + 1;
  one.tree.write("index.json", p + small_package("q"));
  spread.tree.write("q/catalog.json", small_package("q") + p.substr(0, second));
  spread.tree.write("p/rest.json", p.substr(second));

  fbc::write_cache(one.tree.root(), one.served);
  const auto made = fbc::write_cache(spread.tree.root(), spread.served);

  CHECK(made.packages == 2);
  CHECK(made.entries == 2);
  for (const auto* name : {"packages.json", "p_s_p.v1.json", "q_s_q.v1.json"}) {
    CHECK(one.file("cache" / fs::path{name}) == spread.file("cache" / fs::path{name}));
  }
}

TEST_CASE("newer releases get deprecations, and a CSV for those who have none", "[fbc][cache]") {
  const Site site;
  auto text = package_text("p", "s", "p.v1");
  text.replace(text.find("\"defaultChannel\""), 0,
               R"("description":"of <p>","icon":{"base64data":"aQ==","mediatype":"m"},)");
  const std::string metadata =
      R"({"type":"olm.csv.metadata","value":{"annotations":{"a":"<1>"},"apiServiceDefinitions":{},)"
      R"("crdDescriptions":{"owned":[]},"displayName":"P","keywords":["k"],"provider":{"name":"x"}}},)";
  text.insert(text.find(R"({"type":"olm.package")"), metadata);
  site.tree.write("p/catalog.json", text);
  site.tree.write("d/p.json",
                  R"({"schema":"olm.deprecations","package":"p","entries":[)"
                  R"({"reference":{"schema":"olm.package"},"message":"no p"},)"
                  R"({"reference":{"schema":"olm.channel","name":"s"},"message":"no s"},)"
                  R"({"reference":{"schema":"olm.bundle","name":"p.v1"},"message":"no v1"}]})");

  SECTION("as 1.32 and later ones write it") {
    fbc::write_cache(site.tree.root(), site.served, {.flavor = fbc::CacheFlavor::opm_1_32});

    const auto packages = site.file("cache/packages.json");
    CHECK(has(packages, R"("skips":null}},"deprecation":{"message":"no s"}}},)"
                        R"("deprecation":{"message":"no p"}}})"));
    const auto root = io::parse_json(site.file("cache/p_s_p.v1.json"));
    const auto csv = std::string{io::text_member(root, "csvJson").value()};
    CHECK(
        csv ==
        R"({"kind":"ClusterServiceVersion","apiVersion":"operators.coreos.com/v1alpha1",)"
        R"("metadata":{"name":"p.v1","creationTimestamp":null,"annotations":{"a":"\u003c1\u003e"}},)"
        R"("spec":{"install":{"strategy":"deployment","spec":{"deployments":null}},"version":"1.0.0",)"
        R"("customresourcedefinitions":{"owned":[]},"apiservicedefinitions":{},"displayName":"P",)"
        R"("description":"of \u003cp\u003e","keywords":["k"],"provider":{"name":"x"},)"
        R"("icon":[{"base64data":"aQ==","mediatype":"m"}],"cleanup":{"enabled":false}},)"
        R"("status":{"cleanup":{}}})");
    CHECK(std::string{root["object"][0].GetString()} == csv);
    CHECK(root["properties"].Size() == 1);
    CHECK(io::text_member(root["deprecation"], "message") == "no v1");
  }
  SECTION("and not as 1.26 writes it") {
    fbc::write_cache(site.tree.root(), site.served);

    const auto bundle = site.file("cache/p_s_p.v1.json");
    CHECK_FALSE(has(bundle, "csvJson"));
    CHECK(has(bundle, "olm.csv.metadata"));
    CHECK_FALSE(has(bundle + site.file("cache/packages.json"), "deprecation"));
  }
}

TEST_CASE("making a cache stops when it is cancelled", "[fbc][cache]") {
  const Site site;
  site.tree.write("p/catalog.json", small_package("p"));
  std::stop_source stop;
  stop.request_stop();
  fbc::CacheOptions options;
  options.cancellation = Cancellation{stop.get_token()};

  CHECK_THROWS_AS(fbc::write_cache(site.tree.root(), site.served, options), Cancelled);
}

}  // namespace iib::test
