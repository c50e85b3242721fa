#include "behaviours.hpp"

#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <functional>
#include <stop_token>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using catalog::AddOptions;
using catalog::Catalog;
using catalog::CatalogEngine;
using catalog::UpdateMode;

std::string digest_of(const fs::path& path) {
  return sha256_hex(read_file(path, 64UL << 20U));
}

Catalog add(EngineSite& site, CatalogEngine& engine, const std::optional<Catalog>& from,
            const std::vector<std::string>& notations, const AddOptions& options = {}) {
  std::vector<catalog::BundleSource> bundles;
  for (const auto& notation : notations) bundles.push_back(site.bundle(notation));
  return engine.add(from, bundles, options, site.work());
}

Catalog add_one_by_one(EngineSite& site, CatalogEngine& engine,
                       const std::vector<std::string>& notations, const AddOptions& options = {}) {
  std::optional<Catalog> index;
  for (const auto& notation : notations) index = add(site, engine, index, {notation}, options);
  return index.value();
}

/// The kind of the first problem of a change that must be refused and leave nothing.
std::string refusal(EngineSite& site, const std::optional<Catalog>& from,
                    const std::function<void()>& change) {
  const auto results = site.results();
  const auto before = from ? digest_of(from->path) : "";
  try {
    change();
  } catch (const catalog::Refused& refused) {
    CHECK_FALSE(refused.problems().empty());
    CHECK(site.results() == results);
    CHECK((from ? digest_of(from->path) : "") == before);
    return std::string{to_string(refused.problems().front().kind)};
  }
  return "accepted";
}

std::string refused_add(EngineSite& site, CatalogEngine& engine, const std::optional<Catalog>& from,
                        const std::vector<std::string>& notations, const AddOptions& options = {}) {
  return refusal(site, from, [&] { (void)add(site, engine, from, notations, options); });
}

std::string pull_spec_of(const Catalog& index, const std::string& bundle) {
  return query(index, "SELECT bundlepath FROM operatorbundle WHERE name = '" + bundle + "'");
}

// --- adding

void adds_to_nothing(EngineSite& site, CatalogEngine& engine) {
  const auto index = add(site, engine, {}, {"v1(1.0.0)", "v2(2.0.0; replaces v1)"});

  const auto listed = engine.list(index, site.work());
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].package == "pk");
  CHECK(listed[0].name == "v1");
  CHECK(listed[1].version == "2.0.0");
  CHECK(listed[1].pull_spec.starts_with(site.registry().address() + "/bundles@sha256:"));
  CHECK(channel_of(index, "alpha") == "v2 ->v1 @0, v1 @1");
  CHECK(index.path.parent_path() == site.work().directory);
  CHECK((fs::status(index.path).permissions() & fs::perms::mask) == static_cast<fs::perms>(0644));
  CHECK(site.results().size() == 1);
}

void adds_nothing(EngineSite& site, CatalogEngine& engine) {
  const auto index = add(site, engine, {}, {});

  CHECK(engine.list(index, site.work()).empty());
  CHECK(query(index, "SELECT version FROM schema_migrations") == "13");
}

void leaves_source_alone(EngineSite& site, CatalogEngine& engine) {
  auto source = add(site, engine, {}, {"v1(1.0.0)"});
  source.ocp_version = "v4.16";
  const auto before = digest_of(source.path);

  const auto index = add(site, engine, source, {"v2(2.0.0; replaces v1)"});

  CHECK(digest_of(source.path) == before);
  CHECK(index.path != source.path);
  CHECK(index.ocp_version == "v4.16");
}

void adds_semver(EngineSite& site, CatalogEngine& engine) {
  const auto index =
      add_one_by_one(site, engine, {"v1(1.0.0)", "v3(3.0.0)", "v2(2.0.0; replaces zz; skips q)"},
                     {.mode = UpdateMode::semver});

  CHECK(channel_of(index, "alpha") == "v3 ->v2 @0, v2 ->v1 @1, v1 @2");
  CHECK(query(index, "SELECT name FROM operatorbundle WHERE csv IS NULL ORDER BY name") ==
        "v1, v2");
}

void adds_skippatch(EngineSite& site, CatalogEngine& engine) {
  const AddOptions options{.mode = UpdateMode::semver_skippatch};
  const auto index = add_one_by_one(site, engine, {"v1(1.0.0)", "v2(1.0.1)"}, options);

  CHECK(channel_of(index, "alpha") == "v2 @0, v1 @1, v2 ->v1 @1");
  const auto next = add(site, engine, {}, {"v1(1.0.0)", "v2(1.1.0)"}, options);
  CHECK(refused_add(site, engine, next, {"v3(1.1.1)"}, options) == "invalid-graph");
}

void refuses_what_is_there(EngineSite& site, CatalogEngine& engine) {
  const auto index = add(site, engine, {}, {"v1(1.0.0)"});

  CHECK(refused_add(site, engine, index, {"v1(1.0.0)"}) == "exists");
  CHECK(refused_add(site, engine, index, {"v1(1.0.0; skips x)"}) == "exists");
}

void refuses_bad_graphs(EngineSite& site, CatalogEngine& engine) {
  const auto index = add(site, engine, {}, {"v2(2.0.0)"});

  CHECK(refused_add(site, engine, index, {"v1(1.0.0)"}) == "prunes");
  CHECK(refused_add(site, engine, index, {"v3(3.0.0; replaces nope)"}) == "replaces-missing");
  CHECK(refused_add(site, engine, index, {"x(1.0.0, a, b; package other)"}) == "default-channel");
  CHECK(refused_add(site, engine, index, {"o1(1.0.0; replaces v2; package other)"}) ==
        "other-package");
  CHECK(refused_add(site, engine, {}, {"v1(1.0.0)", "w(1.0.0)"}) == "invalid-graph");
}

void overwrites_heads(EngineSite& site, CatalogEngine& engine) {
  const auto index = add(site, engine, {}, {"v1(1.0.0)", "v2(2.0.0; replaces v1)"});
  const AddOptions overwrite{.overwrite_latest = true};

  const auto changed = add(site, engine, index, {"v2(2.0.0; replaces v1; skips x)"}, overwrite);

  CHECK(pull_spec_of(changed, "v2") != pull_spec_of(index, "v2"));
  CHECK(query(changed, "SELECT skips FROM operatorbundle WHERE name = 'v2'") == "x");
  CHECK(refused_add(site, engine, index, {"v1(1.0.0; skips x)"}, overwrite) == "exists");
}

void knows_substitutes(EngineSite& site, CatalogEngine& engine) {
  const auto index = add_one_by_one(
      site, engine, {"a1(1.0.0)", "a2(2.0.0; replaces a1)", "a3(3.0.0; replaces a2)"});
  const std::string substitute = "a2s(2.0.0+1; substitutes a2; replaces a1)";

  CHECK(refused_add(site, engine, index, {substitute}) != "accepted");
  const auto changed = add(site, engine, index, {substitute}, {.enable_alpha = true});

  CHECK(query(changed, "SELECT replaces FROM operatorbundle WHERE name = 'a3'") == "a2s");
}

// --- removing

void removes_packages(EngineSite& site, CatalogEngine& engine) {
  const auto index = add_one_by_one(
      site, engine, {"a1(1.0.0; package pa)", "b1(1.0.0; package pb)", "c1(1.0.0; package pc)"});
  const auto remove = [&](const std::vector<std::string>& packages) {
    return engine.remove(index, packages, site.work());
  };

  CHECK(query(remove({"pa", "pc", "pa"}), "SELECT name FROM operatorbundle") == "b1");
  CHECK(refusal(site, index, [&] { (void)remove({"pb", "zzz"}); }) == "not-found");
  CHECK(engine.list(remove({}), site.work()).size() == 3);
  try {
    (void)remove({"zzz", "pa", "yyy"});
  } catch (const catalog::Refused& refused) {
    REQUIRE(refused.problems().size() == 2);
    CHECK(refused.problems()[0].package == "yyy");
    CHECK(refused.problems()[1].package == "zzz");
  }
}

void prunes_packages(EngineSite& site, CatalogEngine& engine) {
  const auto index = add_one_by_one(
      site, engine, {"a1(1.0.0; package pa)", "b1(1.0.0; package pb)", "c1(1.0.0; package pc)"});
  const auto prune = [&](const std::vector<std::string>& packages) {
    return query(engine.prune(index, packages, site.work()),
                 "SELECT name FROM operatorbundle ORDER BY name");
  };

  CHECK(prune({"pb", "nosuch"}) == "b1");
  CHECK(prune({"pa", "pb", "pc"}) == "a1, b1, c1");
  CHECK(prune({"nosuch"}).empty());
}

void prunes_stranded(EngineSite& site, CatalogEngine& engine) {
  const auto index = add_one_by_one(site, engine, {"v1(1.0.0)", "v2(2.0.0)"});
  REQUIRE(query(index, "SELECT name FROM operatorbundle ORDER BY name") == "v1, v2");

  const auto changed = engine.prune_stranded(index, site.work());

  CHECK(query(changed, "SELECT name FROM operatorbundle") == "v2");
}

void deprecates(EngineSite& site, CatalogEngine& engine) {
  const auto index = add_one_by_one(
      site, engine,
      {"v1(1.0.0)", "v2(2.0.0; replaces v1)", "v3(3.0.0; replaces v2)", "x(1.0.0; package other)"});
  const auto deprecate = [&](const std::vector<std::string>& pull_specs, bool removal) {
    return engine.deprecate(index, pull_specs, {.allow_package_removal = removal}, site.work());
  };
  const auto middle = pull_spec_of(index, "v2");
  const auto head = pull_spec_of(index, "v3");

  const auto changed = deprecate({middle, middle}, true);

  CHECK(channel_of(changed, "alpha") == "v3 ->v2 @0, v2 @1");
  CHECK(query(changed, "SELECT * FROM deprecated") == "v2");
  CHECK(refusal(site, index, [&] { (void)deprecate({head}, false); }) == "default-channel");
  CHECK(refusal(site, index, [&] { (void)deprecate({middle, "reg/no:1"}, true); }) == "not-found");
  CHECK(query(deprecate({head, middle}, true), "SELECT name FROM package") == "other");
  CHECK(engine.list(deprecate({}, true), site.work()).size() == 4);
}

// --- all or nothing

void refuses_other_files(EngineSite& site, CatalogEngine& engine) {
  const Catalog text{.path = site.path("text.db")};
  std::ofstream{text.path} << "this is no database at all, only some text in a file\n";
  const Catalog configs{.kind = catalog::CatalogKind::file_based, .path = site.path("")};
  const auto remove = [&](const Catalog& from) {
    return engine.remove(from, std::vector<std::string>{"pk"}, site.work());
  };

  CHECK(refusal(site, text, [&] { (void)remove(text); }) == "invalid-index");
  CHECK(refusal(site, {}, [&] { (void)remove(configs); }) == "unsupported");
}

void hears_cancellation(EngineSite& site, CatalogEngine& engine) {
  const auto index = add(site, engine, {}, {"v1(1.0.0)"});
  const auto before = site.results();
  std::stop_source stop;
  stop.request_stop();
  const auto work = site.work(Cancellation{stop.get_token()});

  const std::vector<catalog::BundleSource> bundles{site.bundle("v2(2.0.0; replaces v1)")};
  CHECK_THROWS_AS(engine.add(index, bundles, {}, work), Cancelled);
  CHECK_THROWS_AS(engine.remove(index, std::vector<std::string>{"pk"}, work), Cancelled);
  CHECK(site.results() == before);
}

}  // namespace

const std::vector<Behaviour>& behaviours() {
  static const std::vector<Behaviour> all{
      {"adds bundles to nothing", adds_to_nothing},
      {"adds no bundles", adds_nothing},
      {"only reads the index it begins from", leaves_source_alone},
      {"adds by version", adds_semver},
      {"adds by version and skips patches", adds_skippatch},
      {"refuses bundles that are there", refuses_what_is_there},
      {"refuses bundles that break the graph", refuses_bad_graphs},
      {"overwrites heads only", overwrites_heads},
      {"takes substitutes when asked to", knows_substitutes},
      {"removes packages, all or none", removes_packages},
      {"prunes packages", prunes_packages},
      {"prunes stranded bundles", prunes_stranded},
      {"deprecates bundles, all or none", deprecates},
      {"refuses files that are no index", refuses_other_files},
      {"hears a cancellation", hears_cancellation},
  };
  return all;
}

}  // namespace iib::test
