#include "iib/base/error.hpp"
#include "image_site.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include <set>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using image::ImageContent;
using Kind = OddBase::Kind;

constexpr auto kImageType = "application/vnd.docker.distribution.manifest.v2+json";
constexpr auto kConfigType = "application/vnd.docker.container.image.v1+json";
constexpr auto kGzipType = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// A base that tells all that a config may and both engines keep.
constexpr auto kRichConfig =
    R"("architecture":"amd64","variant":"v9","os":"linux","os.version":"10.1","os.features":["f1"],)"
    R"("author":"me <me@example.com>","created":"2024-01-01T01:02:03.456789123Z","docker_version":"24.0",)"
    R"("container":"abc","container_config":{"Hostname":"h","Cmd":["x"]},"id":"beef","parent":"dead",)"
    R"("config":{"Hostname":"h","Domainname":"d","User":"1001","AttachStdin":true,"AttachStdout":true,)"
    R"("AttachStderr":true,"ExposedPorts":{"8080/tcp":{},"50051/tcp":{}},"Tty":true,"OpenStdin":true,)"
    R"("StdinOnce":true,"Env":["PATH=/usr/bin:/bin","A=b"],"Cmd":["base","cmd"],"ArgsEscaped":true,)"
    R"("Image":"sha256:aa","Volumes":{"/v":{}},"WorkingDir":"/w","Entrypoint":["/base/entry"],)"
    R"("NetworkDisabled":true,"MacAddress":"00:11","OnBuild":[],"StopSignal":"SIGTERM",)"
    R"("Labels":{"base":"yes","odd":"base's","z":"<&>é"}},)"
    R"("history":[{"created":"2023-12-31T00:00:00.5Z","created_by":"/bin/sh -c #(nop) ADD x in / ",)"
    R"("author":"a","comment":"c"},{"created":"2023-12-31T00:00:01Z","created_by":"CMD","empty_layer":true}])";

/// What is left of it in an index.
std::string expected_config(const model::ImageReference& base, const std::string& diff_ids) {
  return fmt::format(
      R"({{"architecture":"amd64","variant":"v9","os":"linux","os.version":"10.1","os.features":["f1"],)"
      R"("author":"me <me@example.com>","created":"2024-01-01T01:02:03Z",)"
      R"("config":{{"User":"1001","ExposedPorts":{{"8080/tcp":{{}},"50051/tcp":{{}}}},)"
      R"("Env":["PATH=/usr/bin:/bin","A=b"],"Cmd":["registry","serve","--database","/database/it's here.db"],)"
      R"("ArgsEscaped":true,"Volumes":{{"/v":{{}}}},"WorkingDir":"/w","Entrypoint":["/bin/opm"],)"
      R"("StopSignal":"SIGTERM","Labels":{{"base":"yes","odd":"a=b, \"c\" 'd'","z":"<&>é",)"
      R"("operators.operatorframework.io.index.database.v1":"/database/index.db"}}}},)"
      R"("history":[{{"created":"2023-12-31T00:00:00.5Z","created_by":"/bin/sh -c #(nop) ADD x in / ",)"
      R"("author":"a","comment":"c"}},{{"created":"2023-12-31T00:00:01Z","created_by":"CMD","empty_layer":true}},)"
      R"({{"created":"2024-01-01T01:02:03Z","created_by":"/bin/sh","author":"me <me@example.com>",)"
      R"("comment":"FROM {}"}}],"rootfs":{{"type":"layers","diff_ids":{}}}}})",
      base.text(), diff_ids);
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("a config is the base's with what the index adds, of both kinds of base",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto kind = GENERATE(Kind::docker, Kind::oci);
  CAPTURE(kind == Kind::oci);
  const auto base = site.push("base", {.kind = kind, .config = kRichConfig});

  const auto image =
      site.build_one(*engine, index_content(site.access().work_directory, "db"), base);

  const auto config = site.config_of(image.reference);
  const auto diff_ids = io::to_json(config["rootfs"]["diff_ids"]);
  CAPTURE(io::to_json(config));
  CHECK(config["rootfs"]["diff_ids"].Size() == 2);
  CHECK(config == io::parse_json(expected_config(base, diff_ids)));
}

TEMPLATE_LIST_TEST_CASE("a base that tells next to nothing is enough", "[image][engines]",
                        EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto base = site.push("base", {.config = R"("architecture":"amd64","os":"linux")"});
  const auto directory = site.access().work_directory;
  write_file_atomically(directory / "x", "x");

  const auto image = site.build_one(*engine, {.files = {{directory / "x", "/x"}}}, base);

  const auto config = site.config_of(image.reference);
  CAPTURE(io::to_json(config));
  CHECK(config["created"] == "1970-01-01T00:00:00Z");
  CHECK(io::to_json(config["config"]) == "{}");
  CHECK(config["history"].Size() == 1);
  CHECK(config.MemberCount() == 6);
}

TEMPLATE_LIST_TEST_CASE("an image without entrypoint or command of its own has the base's",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto base = site.push("base", {.config = kRichConfig});
  auto content = index_content(site.access().work_directory, "db");
  const auto [entrypoint, command, settings] =
      GENERATE(table<std::vector<std::string>, std::vector<std::string>, std::string>({
          {{}, {}, R"(["/base/entry"] ["base","cmd"])"},
          {{"/bin/opm"}, {}, R"(["/bin/opm"] ["base","cmd"])"},
          {{}, {"serve"}, R"(["/base/entry"] ["serve"])"},
      }));
  content.entrypoint = entrypoint;
  content.command = command;

  const auto image = site.build_one(*engine, content, base);

  const auto config = site.config_of(image.reference);
  CHECK(io::to_json(config["config"]["Entrypoint"]) + " " + io::to_json(config["config"]["Cmd"]) ==
        settings);
}

TEMPLATE_LIST_TEST_CASE("an image is for the architecture that is asked for", "[image][engines]",
                        EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto base = site.push("base", {.config = R"("architecture":"amd64","os":"linux")"});
  const auto access = site.access();
  const std::vector<image::Target> targets{{"s390x", base, site.reference("out:1-s390x")}};

  const auto images =
      engine->build_and_push(index_content(access.work_directory, "db"), targets, access);

  CHECK(engine->config(images.at(0).reference, access).architecture == "s390x");
}

TEMPLATE_LIST_TEST_CASE("a date is that of the request, or of the newest base, to the second",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto older = site.push("older", {.config = R"("created":"2023-05-06T07:08:09Z")"});
  const auto newer = site.push("newer", {.config = R"("created":"2024-05-06T07:08:09.9Z")"});
  const auto access = site.access();
  auto content = index_content(access.work_directory, "db");
  const std::vector<image::Target> targets{{"amd64", older, site.reference("out:1-amd64")},
                                           {"arm64", newer, site.reference("out:1-arm64")}};
  std::string expected = "2024-05-06T07:08:09Z";
  std::int64_t modified = 1714979289;
  SECTION("of the newest base") {}
  SECTION("of the request") {
    content.created = parse_iso8601("2001-09-09T01:46:40.999999Z");
    expected = "2001-09-09T01:46:40Z";
    modified = 1'000'000'000;
  }

  const auto images = engine->build_and_push(content, targets, access);

  for (const auto& image : images) {
    const auto config = site.config_of(image.reference);
    CHECK(config["created"] == expected.c_str());
    CHECK(config["history"][0]["created"] == expected.c_str());
    for (const auto& entry : site.new_layer_of(image.reference)) CHECK(entry.modified == modified);
  }
}

TEMPLATE_LIST_TEST_CASE("a manifest names its blobs in Docker's terms, whatever the base's",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto kind = GENERATE(Kind::docker, Kind::oci);
  CAPTURE(kind == Kind::oci);
  const std::vector<LayerEntry> entries{{"etc/os-release", "NAME=base\n"}};
  const auto base = site.push(
      "base", {.kind = kind,
               .layers = {{entries, Compression::none}, {{{"other", "1"}}, Compression::gzip}}});

  const auto image =
      site.build_one(*engine, index_content(site.access().work_directory, "db"), base);

  const auto manifest = site.manifest_of(image.reference);
  CAPTURE(io::to_json(manifest));
  CHECK(manifest["schemaVersion"].GetInt() == 2);
  CHECK(manifest["mediaType"] == kImageType);
  CHECK(manifest["config"]["mediaType"] == kConfigType);
  CHECK(manifest.MemberCount() == 4);
  REQUIRE(manifest["layers"].Size() == 3);
  CHECK(manifest["layers"][0]["mediaType"] == "application/vnd.docker.image.rootfs.diff.tar");
  CHECK(manifest["layers"][0]["digest"] ==
        model::Digest::of(make_layer(entries, Compression::none)).text().c_str());
  CHECK(manifest["layers"][1]["mediaType"] == kGzipType);
  CHECK(manifest["layers"][2]["mediaType"] == kGzipType);
  for (const auto& layer : manifest["layers"].GetArray()) CHECK(layer.MemberCount() == 3);
}

TEMPLATE_LIST_TEST_CASE("a list tells the platform that a config tells", "[image][engines]",
                        EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto rich = site.push("rich", {.config = kRichConfig});
  const auto plain = site.push("plain", {});
  const auto access = site.access();
  const std::vector<image::Target> targets{{"s390x", plain, site.reference("out:1-s390x")},
                                           {"arm64", rich, site.reference("out:1-arm64")}};
  const auto images =
      engine->build_and_push(index_content(access.work_directory, "db"), targets, access);

  const auto list = engine->push_list(site.reference("out:1"), images, access);

  const auto raw = io::parse_json(site.registry.manifest("out", list.text()));
  CAPTURE(io::to_json(raw));
  CHECK(raw.MemberCount() == 3);
  CHECK(raw["schemaVersion"].GetInt() == 2);
  const auto& entries = raw["manifests"];
  REQUIRE(entries.Size() == 2);
  CHECK(entries[0]["platform"] ==
        io::parse_json(R"({"architecture":"arm64","os":"linux","os.version":"10.1",)"
                       R"("os.features":["f1"],"variant":"v9"})"));
  CHECK(entries[1]["platform"] == io::parse_json(R"({"architecture":"s390x","os":"linux"})"));
  for (const auto& entry : entries.GetArray()) {
    CHECK(entry.MemberCount() == 4);
    CHECK(entry["mediaType"] == kImageType);
    CHECK(entry["size"].GetUint64() ==
          site.registry.manifest("out", entry["digest"].GetString()).size());
  }
}

TEMPLATE_LIST_TEST_CASE("files have the modes that are asked for, root as owner and new folders",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto base = site.push("base", {});
  const auto source = site.access().work_directory / "source";
  fs::create_directories(source);
  write_file_atomically(source / "a", "A", 0600);
  const ImageContent content{.files = {{source / "a", "/manifests/one.yaml", 0644},
                                       {source / "a", "/manifests/deep/two [x].yaml", 0600},
                                       {source / "a", "/metadata/annotations.yaml", 0644},
                                       {source / "a", "/bin/tool", 0755},
                                       {source / "a", "/top", 0444}}};

  const auto image = site.build_one(*engine, content, base);

  constexpr unsigned kFolder = S_IFDIR | 0755U;
  constexpr std::int64_t kModified = 1704067200;  // of the base
  const auto entry = [](const std::string& path, unsigned mode, const std::string& content_of) {
    return PushedEntry{.path = path, .mode = mode, .modified = kModified, .content = content_of};
  };
  const std::vector<PushedEntry> expected{
      entry("bin/", kFolder, ""),
      entry("bin/tool", S_IFREG | 0755U, "A"),
      entry("manifests/", kFolder, ""),
      entry("manifests/deep/", kFolder, ""),
      entry("manifests/deep/two [x].yaml", S_IFREG | 0600U, "A"),
      entry("manifests/one.yaml", S_IFREG | 0644U, "A"),
      entry("metadata/", kFolder, ""),
      entry("metadata/annotations.yaml", S_IFREG | 0644U, "A"),
      entry("top", S_IFREG | 0444U, "A")};
  const auto entries = site.new_layer_of(image.reference);
  REQUIRE(entries.size() == expected.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    CAPTURE(entries[i].path, entries[i].mode, entries[i].names, entries[i].modified);
    CHECK(entries[i] == expected[i]);
  }
}

TEMPLATE_LIST_TEST_CASE("an image has folders and owners of its own and lacks what it removes",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto access = site.access();
  const auto source = access.work_directory / "source";
  write_file_atomically(source, "new", 0600);
  const auto base = site.push("base", base_of({{{"configs/p/catalog.json", "old"},
                                                {"configs/p/extra.json", "old"},
                                                {"configs/q/catalog.json", "q"},
                                                {"tmp/cache/packages.json", "old"}},
                                               {{"configs/q/more.json", "q"}, {"top", "t"}}}));

  const auto image = site.build_one(
      *engine,
      {.files = {{source, "/configs/p/catalog.json"},
                 {source, "/tmp/cache/digest", 0640, {.user = 1001, .group = 5}}},
       .directories = {{"/configs/empty", 0700}, {"/tmp/cache", 0770, {.user = 1001}}},
       .removed = {"/configs/p/extra.json", "/configs/q", "/top", "/tmp/cache/packages.json"}},
      base);

  std::vector<std::string> entries;
  for (const auto& entry : site.new_layer_of(image.reference)) {
    entries.push_back(fmt::format("{:o} {}:{} {} {}", entry.mode, entry.owner, entry.group,
                                  entry.path, entry.content));
  }
  CHECK(entries == std::vector<std::string>{
                       "100644 0:0 .wh.top ", "40755 0:0 configs/ ", "100644 0:0 configs/.wh.q ",
                       "40700 0:0 configs/empty/ ", "40755 0:0 configs/p/ ",
                       "100644 0:0 configs/p/.wh.extra.json ",
                       "100644 0:0 configs/p/catalog.json new", "41777 0:0 tmp/ ",
                       "40770 1001:0 tmp/cache/ ", "100644 0:0 tmp/cache/.wh.packages.json ",
                       "100640 1001:5 tmp/cache/digest new"});
  const auto config = engine->config(image.reference, access);
  CHECK(config.diff_ids.size() == 3);
  const auto ids = engine->config(base, access).diff_ids;
  CHECK(std::vector(config.diff_ids.begin(), config.diff_ids.begin() + 2) == ids);
  const std::vector<std::string> paths{"configs", "top", "tmp"};
  engine->extract(image.reference, paths, access.work_directory / "out", access);
  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator{access.work_directory / "out"}) {
    if (entry.is_regular_file())
      found.insert(fs::relative(entry, access.work_directory / "out").string());
  }
  CHECK(found == std::set<std::string>{"configs/p/catalog.json", "tmp/cache/digest"});
}

}  // namespace iib::test
