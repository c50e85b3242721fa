#include "iib/base/error.hpp"
#include "image_site.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace iib::test {
namespace {

using Kind = OddBase::Kind;

/// Takes what the bytes of the new layer alone decide out of a manifest.
void forget_new_layer(io::JsonDocument& manifest) {
  auto& layers = manifest["layers"];
  auto& newest = layers[layers.Size() - 1];
  newest.RemoveMember("digest");
  newest.RemoveMember("size");
  manifest["config"].RemoveMember("digest");
  manifest["config"].RemoveMember("size");
}

/// The same of a config.
void forget_new_layer(const io::JsonDocument& manifest, io::JsonDocument& config) {
  auto& ids = config["rootfs"]["diff_ids"];
  CHECK(ids.Size() == manifest["layers"].Size());
  ids.PopBack();
}

void forget_images(io::JsonDocument& list) {
  for (auto& entry : list["manifests"].GetArray()) {
    entry.RemoveMember("digest");
    entry.RemoveMember("size");
  }
}

/// An image in all that a client can see of it but the bytes of the new layer.
struct Seen {
  io::JsonDocument manifest;
  io::JsonDocument config;
  std::vector<PushedEntry> entries;
};

Seen look_at(const ImageSite& site, const model::ImageReference& image) {
  Seen seen{site.manifest_of(image), site.config_of(image), site.new_layer_of(image)};
  forget_new_layer(seen.manifest, seen.config);
  forget_new_layer(seen.manifest);
  return seen;
}

/// What docker, buildah and the like make of a base for an index.
constexpr auto kUsualConfig =
    R"("architecture":"amd64","os":"linux","created":"2024-01-01T01:02:03.4Z","author":"",)"
    R"("docker_version":"1.13","container_config":{"Hostname":"h","Labels":{"x":"y"}},)"
    R"("config":{"Hostname":"h","Domainname":"","User":"1001","AttachStdin":false,"Tty":false,)"
    R"("Env":["PATH=/usr/bin:/bin","container=oci"],"Cmd":["serve"],"Image":"sha256:aa","Volumes":null,)"
    R"("WorkingDir":"/","Entrypoint":null,"OnBuild":null,"Labels":{"architecture":"x86_64","z":"<&>é"}},)"
    R"("history":[{"created":"2023-12-31T00:00:00.5Z","comment":"Imported from -"},)"
    R"({"created":"2023-12-31T00:00:01Z","created_by":"/bin/sh -c #(nop) CMD","empty_layer":true}])";

}  // namespace

TEST_CASE("both engines make the same image of the same base", "[image][engines][equality]") {
  if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto [name, base] = GENERATE(table<std::string, OddBase>({
      {"the least", {.config = R"("architecture":"amd64","os":"linux")"}},
      {"usual", {.config = kUsualConfig}},
      {"usual, OCI", {.kind = Kind::oci, .config = kUsualConfig}},
      {"layers not compressed, OCI",
       {.kind = Kind::oci, .layers = {{{{"x", "1"}}, Compression::none}, {{{"y", "2"}}}}}},
      {"with folders of the new files",
       {.layers = {{.entries = {{"manifests", "", LayerEntry::Kind::directory},
                                {"database", "", LayerEntry::Kind::directory},
                                {"database/index.db", "old"}}}}}},
      {"no layer yet, a shell and an author",
       {.config = R"("architecture":"amd64","author":"me","config":{"Shell":[]})"}},
  }));
  CAPTURE(name);
  const auto pinned = site.push("base", base);
  const auto directory = site.access().work_directory;
  auto content = index_content(directory, "the database");
  content.files.push_back({directory / "index.db", "/manifests/deep/a.yaml", 0600});
  content.files.push_back({directory / "index.db", "/manifests/b.yaml", 0755});
  content.files.push_back({directory / "index.db", "/tmp/cache/own", 0640, {1001, 5}});
  content.directories = {{"/tmp/cache", 0770, {1001, 0}}, {"/empty", 0700}};
  content.removed = {"/etc/os-release", "/absent/too"};

  std::vector<Seen> seen;
  std::vector<io::JsonDocument> lists;
  for (const auto kind : {EngineKind::tools, EngineKind::embedded}) {
    const auto engine = site.make_engine(kind, kind == EngineKind::tools ? "tools" : "embedded");
    const auto image = site.build_one(*engine, content, pinned);
    seen.push_back(look_at(site, image.reference));
    const std::vector<image::PushedImage> images{image};
    const auto list = engine->push_list(site.reference("out:1"), images, site.access());
    lists.push_back(io::parse_json(site.registry.manifest("out", list.text())));
    forget_images(lists.back());
  }

  CAPTURE(io::to_json(seen[0].manifest), io::to_json(seen[1].manifest));
  CHECK(seen[0].manifest == seen[1].manifest);
  CAPTURE(io::to_json(seen[0].config), io::to_json(seen[1].config));
  CHECK(seen[0].config == seen[1].config);
  CHECK(seen[0].entries == seen[1].entries);
  CAPTURE(io::to_json(lists[0]), io::to_json(lists[1]));
  CHECK(lists[0] == lists[1]);
}

TEST_CASE("what only Docker's format knows stays with the embedded engine, and is lost by tools",
          "[image][engines][equality]") {
  if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto base = site.push(
      "base", {.config = R"("unknown":1,"config":{"Healthcheck":{"Test":["CMD","true"]},)"
                         R"("Shell":["/bin/zsh","-c"],"StopTimeout":5,"unknown":2},)"
                         R"("history":[{"created":"2023-12-31T00:00:00Z","unknown":3}])"});
  const auto content = index_content(site.access().work_directory, "db");

  const auto tools = site.config_of(
      site.build_one(*site.make_engine(EngineKind::tools, "tools"), content, base).reference);
  const auto embedded = site.config_of(
      site.build_one(*site.make_engine(EngineKind::embedded), content, base).reference);

  std::set<std::string> kept;
  for (const auto& [key, value] : embedded["config"].GetObject()) {
    if (!tools["config"].HasMember(key)) kept.insert(key.GetString());
  }
  CHECK(kept == std::set<std::string>{"Healthcheck", "Shell", "StopTimeout", "unknown"});
  CHECK(embedded.HasMember("unknown"));
  CHECK_FALSE(tools.HasMember("unknown"));
  CHECK(embedded["history"][0].HasMember("unknown"));
  CHECK_FALSE(tools["history"][0].HasMember("unknown"));
  CHECK(embedded["history"][1] == tools["history"][1]);
}

TEST_CASE("a base of zstd layers is compressed again by the embedded engine; tools refuse it",
          "[image][engines][equality]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const std::vector<LayerEntry> entries{{"etc/os-release", "NAME=base\n"}, {"etc/other", "x"}};
  const auto base =
      site.push("base", {.kind = Kind::oci, .layers = {{entries, Compression::zstd}}});
  const auto content = index_content(site.access().work_directory, "db");

  SECTION("embedded") {
    const auto image =
        site.build_one(*site.make_engine(EngineKind::embedded), content, base).reference;

    const auto manifest = site.manifest_of(image);
    REQUIRE(manifest["layers"].Size() == 2);
    CHECK(manifest["layers"][0]["mediaType"] ==
          "application/vnd.docker.image.rootfs.diff.tar.gzip");
    const auto layer = site.registry.blob("out", manifest["layers"][0]["digest"].GetString());
    CHECK(layer.size() == manifest["layers"][0]["size"].GetUint64());
    CHECK(layer.starts_with("\x1f\x8b"));
    CHECK(plain_of(layer) == make_layer(entries, Compression::none));
  }
  SECTION("tools") {
    if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
    CHECK_THROWS_WITH(site.build_one(*site.make_engine(EngineKind::tools), content, base),
                      Catch::Contains("zstd"));
  }
}

TEST_CASE("triggers of a base are run by the tools, and by the embedded engine never",
          "[image][engines][equality]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto base =
      site.push("base", {.config = R"("config":{"OnBuild":["RUN /no/such/program"]})"});
  const auto content = index_content(site.access().work_directory, "db");

  SECTION("embedded") {
    const auto image = site.build_one(*site.make_engine(EngineKind::embedded), content, base);
    CHECK_FALSE(site.config_of(image.reference)["config"].HasMember("OnBuild"));
  }
  SECTION("tools") {
    if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
    CHECK_THROWS_AS(site.build_one(*site.make_engine(EngineKind::tools), content, base),
                    ExternalError);
  }
}

}  // namespace iib::test
