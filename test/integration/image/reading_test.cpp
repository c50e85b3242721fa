#include "iib/base/error.hpp"
#include "image_site.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using image::ManifestKind;
using model::Digest;
using model::ImageReference;
using EntryKind = LayerEntry::Kind;

}  // namespace

TEMPLATE_LIST_TEST_CASE("manifests are read byte for byte, lists with their architectures",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto pushed =
      site.registry.push_base("ns/base", "1", {"amd64", "arm64", "ppc64le", "s390x"});
  const auto access = site.access();

  const auto list = engine->manifest(site.reference("ns/base:1"), access);

  CHECK(list.kind == ManifestKind::list);
  CHECK(list.digest.text() == pushed);
  REQUIRE(list.entries.size() == 4);
  CHECK(list.entries[2].architecture == "ppc64le");
  const auto image = site.reference("ns/base").at(list.entries[2].digest);
  CHECK(engine->manifest(image, access).kind == ManifestKind::image);
  const auto config = engine->config(image, access);
  CHECK(config.architecture == "ppc64le");
  CHECK(config.labels.at("base") == "yes");
  CHECK(config.created == parse_iso8601("2024-01-01T00:00:00Z"));
}

TEMPLATE_LIST_TEST_CASE("a tag that moves is read anew", "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto access = site.access();
  const auto first = site.push("moving", {});
  CHECK(engine->manifest(site.reference("moving:1"), access).digest == *first.digest());

  const auto second = site.push("moving", {.kind = OddBase::Kind::oci});

  const auto manifest = engine->manifest(site.reference("moving:1"), access);
  CHECK(manifest.digest == *second.digest());
  CHECK(manifest.media_type == "application/vnd.oci.image.manifest.v1+json");
}

TEMPLATE_LIST_TEST_CASE("what the user named wrongly is told at once, by name", "[image][engines]",
                        EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto access = site.access();
  site.push("ns/some", {});
  const std::string name = GENERATE("ns/none:1", "ns/some:2");
  const auto digest = Digest::of("no such image");

  CHECK_THROWS_AS(engine->manifest(site.reference(name), access), UserError);
  CHECK_THROWS_WITH(engine->manifest(site.reference(name), access),
                    Catch::Contains(name) && Catch::Contains("unknown") &&
                        Catch::Contains("check that it exists"));
  CHECK_THROWS_AS(engine->manifest(site.reference("ns/some").at(digest), access), UserError);
  CHECK_THROWS_AS(engine->config(site.reference("ns/some").at(digest), access), UserError);
}

TEMPLATE_LIST_TEST_CASE("a registry by plain HTTP that is not named insecure is refused",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  site.registry.push_base("base", "1", {"amd64"});
  const auto strict = site.make_engine(TestType::kind, "engine", {});

  CHECK_THROWS_WITH(strict->manifest(site.reference("base:1"), site.access()),
                    Catch::Contains("iib_insecure_registries"));
}

TEMPLATE_LIST_TEST_CASE("a registry that does not answer is tried again", "[image][engines]",
                        EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto nowhere = ImageReference::parse("127.0.0.1:1/a/b:1");

  try {
    (void)engine->manifest(nowhere, site.access());
    FAIL("nobody listens on port 1");
  } catch (const ExternalError& error) {
    CHECK(error.worth_retrying());
    CHECK_THAT(error.what(), Catch::Contains("127.0.0.1:1/a/b:1"));
  }
}

TEMPLATE_LIST_TEST_CASE("files are read out of images with their layers applied",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto image = site.push(
      "bundle",
      {.layers = {{.entries = {{"manifests/old.yaml", "old"},
                               {"manifests/csv.yaml", "1"},
                               {"etc/passwd", "no"}}},
                  {.entries = {{"manifests/csv.yaml", "2"}, {"manifests/.wh.old.yaml", ""}}}}});
  const auto access = site.access();
  const auto names = [&] {
    return std::distance(fs::directory_iterator{access.work_directory}, {});
  };
  const auto before = names();
  const std::vector<std::string> paths{"manifests/", "metadata/"};

  engine->extract(image, paths, access.work_directory / "out", access);

  CHECK(read_file(access.work_directory / "out/manifests/csv.yaml", 100) == "2");
  CHECK_FALSE(fs::exists(access.work_directory / "out/manifests/old.yaml"));
  CHECK_FALSE(fs::exists(access.work_directory / "out/etc"));
  CHECK(names() == before + 1);  // a copy on the way is gone
}

TEMPLATE_LIST_TEST_CASE("a database is found through layers, whiteouts and links",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const LayerEntry database{"database/index.db", "db"};
  const auto [name, layers,
              expected] = GENERATE_REF(table<std::string, std::vector<std::vector<LayerEntry>>,
                                             std::string>({
      {"in the lowest layer", {{database}, {{"x", "1"}}, {{"y", "2"}}}, "db"},
      {"in several: the topmost counts", {{database}, {{"database/index.db", "newer"}}}, "newer"},
      {"below the name of its folder", {{{"database", "", EntryKind::directory}, database}}, "db"},
      {"named from the current folder", {{{"./database/index.db", "db"}}}, "db"},
      {"removed", {{database}, {{"database/.wh.index.db", ""}}}, "absent"},
      {"removed with its folder", {{database}, {{".wh.database", ""}}}, "absent"},
      {"removed, and made again",
       {{database}, {{".wh.database", ""}}, {{"database/index.db", "new"}}},
       "new"},
      {"its folder emptied", {{database}, {{"database/.wh..wh..opq", ""}}}, "absent"},
      {"its folder emptied and filled",
       {{database}, {{"database/.wh..wh..opq", ""}, {"database/index.db", "new"}}},
       "new"},
      {"a hard link in its folder",
       {{{"database/real.db", "db"},
         {"database/index.db", "database/real.db", EntryKind::hard_link}}},
       "db"},
      {"nowhere", {{{"etc/os-release", "NAME=base\n"}}}, "absent"},
  }));
  CAPTURE(name);
  const std::string path = name == "a hard link in its folder" ? "/database" : "/database/index.db";

  CHECK(site.read_database(*engine, base_of(layers), path) == expected);
}

TEMPLATE_LIST_TEST_CASE("layers are read whatever their compression and the kind of the image",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto kind = GENERATE(OddBase::Kind::docker, OddBase::Kind::oci);
  const auto compression = GENERATE(Compression::none, Compression::gzip, Compression::zstd);
  CAPTURE(kind == OddBase::Kind::oci, static_cast<int>(compression));
  if (kind == OddBase::Kind::docker && compression == Compression::zstd) return;  // no such type

  const OddBase base{.kind = kind, .layers = {{{{"database/index.db", "db"}}, compression}}};

  CHECK(site.read_database(*engine, base) == "db");
}

TEMPLATE_LIST_TEST_CASE("bundles whose archives point outside are refused by name",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto [path, content, kind] = GENERATE(table<std::string, std::string, EntryKind>({
      {"../escaped", "evil", EntryKind::file},
      {"/manifests/absolute", "evil", EntryKind::file},
      {"manifests/link", "../../../etc/passwd", EntryKind::symbolic_link},
      {"manifests/link", "/etc/passwd", EntryKind::symbolic_link},
      {"manifests/hard", "../../etc/passwd", EntryKind::hard_link},
  }));
  CAPTURE(path, content);
  const auto image = site.push("evil", {.layers = {{.entries = {{path, content, kind}}}}});
  const auto access = site.access();
  const std::vector<std::string> paths{"manifests/"};

  CHECK_THROWS_WITH(engine->extract(image, paths, access.work_directory / "out", access),
                    Catch::Contains("/evil@sha256") && Catch::Contains(path));
  CHECK_THROWS_AS(engine->extract(image, paths, access.work_directory / "again", access),
                  UserError);
  CHECK_FALSE(fs::exists(access.work_directory / "escaped"));
}

}  // namespace iib::test
