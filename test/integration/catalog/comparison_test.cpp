#include "engine_site.hpp"
#include "golden_support.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <functional>
#include <map>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using catalog::AddOptions;
using catalog::Catalog;
using catalog::CatalogEngine;
using catalog::UpdateMode;

/// A database as text with what a registry's port and opm's randomness change taken out (0.2).
Tables tables_of(const Catalog& index, UpdateMode mode) {
  return index_tables(index.path,
                      mode == UpdateMode::semver_skippatch ? Depths::ignore : Depths::compare);
}

/// Both engines, with an index each.
class Pair {
 public:
  explicit Pair(EngineSite& site)
      : site_{site},
        embedded_{site.make_engine(EngineKind::embedded)},
        opm_{site.make_engine(EngineKind::opm)} {}

  /// Makes one change with both engines; both accept it and get the same tables, or both refuse it
  /// for the same reason. Returns whether it was accepted.
  bool same(const std::string& what, UpdateMode mode,
            const std::function<Catalog(CatalogEngine&, const std::optional<Catalog>&)>& change) {
    INFO(what);
    const auto ours = outcome(*embedded_, ours_, change);
    const auto theirs = outcome(*opm_, theirs_, change);
    CHECK(ours == theirs);
    if (ours != "accepted" || theirs != "accepted") return false;
    const auto unequal = difference(tables_of(*theirs_, mode), tables_of(*ours_, mode));
    CHECK(unequal.substr(0, 4000).empty());
    CAPTURE(unequal.substr(0, 4000));
    CHECK(unequal.empty());
    return true;
  }

  bool add(const std::vector<catalog::BundleSource>& bundles, const AddOptions& options) {
    return same("add", options.mode, [&](CatalogEngine& engine, const auto& from) {
      return engine.add(from, bundles, options, site_.work());
    });
  }

  [[nodiscard]] const Catalog& index() const { return ours_.value(); }

 private:
  static std::string outcome(
      CatalogEngine& engine, std::optional<Catalog>& index,
      const std::function<Catalog(CatalogEngine&, const std::optional<Catalog>&)>& change) {
    try {
      index = change(engine, index);
      return "accepted";
    } catch (const catalog::Refused& refused) {
      return std::string{to_string(refused.problems().front().kind)};
    }
  }

  EngineSite& site_;
  std::unique_ptr<CatalogEngine> embedded_;
  std::unique_ptr<CatalogEngine> opm_;
  std::optional<Catalog> ours_;
  std::optional<Catalog> theirs_;
};

std::vector<std::string> pull_specs(const Catalog& index, const std::string& condition) {
  std::vector<std::string> all;
  const auto joined =
      query(index, "SELECT bundlepath FROM operatorbundle WHERE " + condition + " ORDER BY name");
  for (std::size_t begin = 0; begin < joined.size();) {
    const auto end = std::min(joined.find(", ", begin), joined.size());
    all.push_back(joined.substr(begin, end - begin));
    begin = end + 2;
  }
  return all;
}

constexpr auto kInMiddle = R"sql(
  name IN (SELECT operatorbundle_name FROM channel_entry WHERE depth > 0)
    AND name NOT IN (SELECT head_operatorbundle_name FROM channel)
)sql";

void remove_and_deprecate(EngineSite& site, Pair& pair, UpdateMode mode,
                          const std::string& package) {
  const auto middle = pull_specs(pair.index(), kInMiddle);
  pair.same("deprecate", mode, [&](CatalogEngine& engine, const auto& from) {
    return engine.deprecate(*from, middle, {.allow_package_removal = true}, site.work());
  });
  pair.same("prune stranded", mode, [&](CatalogEngine& engine, const auto& from) {
    return engine.prune_stranded(*from, site.work());
  });
  pair.same("remove", mode, [&](CatalogEngine& engine, const auto& from) {
    return engine.remove(*from, std::vector<std::string>{package}, site.work());
  });
  pair.same("prune", mode, [&](CatalogEngine& engine, const auto& from) {
    return engine.prune(*from, std::vector<std::string>{"nothing"}, site.work());
  });
}

struct ModeName {
  UpdateMode mode;
  std::string name;
};

const std::vector<ModeName>& modes() {
  static const std::vector<ModeName> all{{UpdateMode::replaces, "replaces"},
                                         {UpdateMode::semver, "semver"},
                                         {UpdateMode::semver_skippatch, "semver-skippatch"}};
  return all;
}

}  // namespace

TEST_CASE("both engines make equal databases of our sample bundles", "[catalog][engines]") {
  if (!have_programs({"docker-registry", "opm"})) {
    IIBD_SKIP("needs docker-registry and opm on PATH");
  }
  for (const auto& [mode, name] : modes()) {
    DYNAMIC_SECTION(name) {
      EngineSite site;
      Pair pair{site};
      const fs::path data{IIBD_TEST_DATA};
      for (const auto* bundle :
           {"otter-operator/0.1.0", "otter-operator/0.2.0", "otter-operator/0.3.0",
            "heron-operator/1.0.0", "heron-operator/1.1.0"}) {
        (void)pair.add({site.bundle_of(data / bundle)}, {.mode = mode});
      }
      remove_and_deprecate(site, pair, mode, "otter-operator");
    }
  }
}

TEST_CASE("both engines draw equal graphs of difficult bundles", "[catalog][engines]") {
  if (!have_programs({"docker-registry", "opm"})) {
    IIBD_SKIP("needs docker-registry and opm on PATH");
  }
  EngineSite site;
  Pair pair{site};
  const auto add = [&](const std::vector<std::string>& notations, const AddOptions& options = {}) {
    std::vector<catalog::BundleSource> bundles;
    for (const auto& notation : notations) bundles.push_back(site.bundle(notation));
    return pair.add(bundles, options);
  };

  SECTION("channels that come and go") {
    CHECK(add({"v1(1.0.0, alpha)", "v2(2.0.0, beta; replaces v1; default beta)"}));
    CHECK(add({"v3(3.0.0, beta, gamma; replaces v2; skips v1,vx; default gamma)"}));
    CHECK_FALSE(add({"v0(0.1.0, alpha)"}));
    CHECK(add({"v3(3.0.0, gamma; replaces v2; default gamma)"}, {.overwrite_latest = true}));
  }
  SECTION("substitutes") {
    const AddOptions alpha{.enable_alpha = true};
    CHECK(add({"a1(1.0.0)"}, alpha));
    CHECK(add({"a2(2.0.0; replaces a1)"}, alpha));
    CHECK(add({"a3(3.0.0; replaces a2)"}, alpha));
    CHECK(add({"a2s(2.0.0+1; substitutes a2; replaces a1)"}, alpha));
  }
  SECTION("no version, and a stub that becomes real") {
    CHECK(add({"n1(; package none)"}));
    CHECK(add({"v2(2.0.0; skips v1)"}));
    CHECK(add({"v1(1.0.0)"}));
    CHECK_FALSE(add({"v1(1.0.0; skips q)"}));
  }
}

TEST_CASE("both engines make equal databases of real packages", "[catalog][engines][corpus]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the corpus is not there (IIBD_SHARED)");
  if (!have_programs({"docker-registry", "opm"})) {
    IIBD_SKIP("needs docker-registry and opm on PATH");
  }
  constexpr std::size_t kLimit = 64UL << 20U;
  const auto corpus = *shared / "corpus";
  const auto bundles = io::parse_json(read_file(corpus / "bundles.json", kLimit));
  for (const std::string package :
       {"lib-bucket-provisioner", "clusterpulse", "zookeeper-operator", "tf-controller"}) {
    for (const auto& [mode, name] : modes()) {
      DYNAMIC_SECTION(package << " " << name) {
        EngineSite site;
        Pair pair{site};
        for (const auto& bundle : bundles.GetArray()) {
          const auto directory = std::string{io::text_member(bundle, "directory").value()};
          if (!directory.starts_with(package + "/")) continue;
          (void)pair.add({site.bundle_of(corpus / directory)}, {.mode = mode});
        }
        remove_and_deprecate(site, pair, mode, package);
      }
    }
  }
}

}  // namespace iib::test
