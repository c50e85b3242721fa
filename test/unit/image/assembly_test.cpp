#include "image/assembly.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>

namespace {

using iib::UserError;
using iib::image::assemble;
using iib::image::assemble_list;
using iib::image::Assembled;
using iib::image::ImageContent;
using iib::image::layers_to_recompress;
using iib::image::ListedImage;
using iib::image::NewLayer;
using iib::image::platform_of;
using iib::image::Recompressed;
using iib::model::Digest;
using iib::model::ImageReference;

constexpr auto kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr auto kDockerImage = "application/vnd.docker.distribution.manifest.v2+json";
constexpr auto kDockerConfig = "application/vnd.docker.container.image.v1+json";
constexpr auto kDockerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
constexpr auto kDockerPlain = "application/vnd.docker.image.rootfs.diff.tar";
constexpr auto kOciGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr auto kOciPlain = "application/vnd.oci.image.layer.v1.tar";
constexpr auto kOciZstd = "application/vnd.oci.image.layer.v1.tar+zstd";

std::string digest_of(char digit) {
  return "sha256:" + std::string(64, digit);
}

const ImageReference kBase = ImageReference::parse("r.io/ns/base@" + digest_of('b'));
const iib::Timestamp kCreated = iib::parse_iso8601("2024-05-06T07:08:09.987654Z");
const NewLayer kLayer{.blob = {kDockerGzip, Digest::parse(digest_of('e')), 1234},
                      .diff_id = Digest::parse(digest_of('d'))};

/// A manifest of layers of these types, the digests of which are made of the digits from 1 on.
std::string manifest_of(const std::vector<std::string>& layer_types) {
  std::string layers;
  char digit = '1';
  for (const auto& type : layer_types) {
    layers += fmt::format(R"({}{{"mediaType":"{}","size":{},"digest":"{}","annotations":{{}}}})",
                          layers.empty() ? "" : ",", type, 100 + digit - '0', digest_of(digit));
    ++digit;
  }
  return fmt::format(
      R"({{"schemaVersion":2,"config":{{"mediaType":"x","size":2,"digest":"{}"}},"layers":[{}]}})",
      digest_of('c'), layers);
}

/// A config of one layer with these members besides.
std::string config_with(const std::string& members) {
  return fmt::format(R"({{{},"rootfs":{{"type":"layers","diff_ids":["{}"]}}}})", members,
                     digest_of('f'));
}

Assembled assembled(const std::string& config, const ImageContent& content = {}) {
  return assemble(kBase, manifest_of({kDockerGzip}), config, content, kLayer, "s390x", kCreated);
}

iib::io::JsonDocument config_of(const std::string& base, const ImageContent& content = {}) {
  return iib::io::parse_json(assembled(base, content).config);
}

const ImageContent kIndex{.labels = {{"odd", R"(a=b, "c" 'd')"}, {"of base", "ours"}},
                          .entrypoint = {"/bin/opm"},
                          .command = {"serve", "it's here"},
                          .exposed_ports = {"50051/tcp"}};

}  // namespace

TEST_CASE("an image is its base with a layer, settings and a line of history more",
          "[image][assembly]") {
  const auto image = assembled(
      config_with(
          R"("architecture":"amd64","os":"linux","author":"me","created":"2020-01-01T00:00:00Z",)"
          R"("config":{"Env":["A=b"],"User":"1001","Entrypoint":["/base"],"Cmd":["base"],)"
          R"("ExposedPorts":{"8080/tcp":{}},"Labels":{"of base":"x","other":"y"}},)"
          R"("history":[{"created":"2019-01-01T00:00:00.5Z","created_by":"ADD"}])"),
      kIndex);

  CHECK(image.config_blob.digest == Digest::of(image.config));
  CHECK(image.config_blob.size == image.config.size());
  const auto config = iib::io::parse_json(image.config);
  const auto expected = iib::io::parse_json(fmt::format(
      R"({{"architecture":"s390x","os":"linux","author":"me","created":"2024-05-06T07:08:09Z",)"
      R"("config":{{"Env":["A=b"],"User":"1001","Entrypoint":["/bin/opm"],"Cmd":["serve","it's here"],)"
      R"("ExposedPorts":{{"8080/tcp":{{}},"50051/tcp":{{}}}},)"
      R"("Labels":{{"of base":"ours","other":"y","odd":"a=b, \"c\" 'd'"}}}},)"
      R"("history":[{{"created":"2019-01-01T00:00:00.5Z","created_by":"ADD"}},)"
      R"({{"created":"2024-05-06T07:08:09Z","created_by":"/bin/sh","author":"me","comment":"FROM {}"}}],)"
      R"("rootfs":{{"type":"layers","diff_ids":["{}","{}"]}}}})",
      kBase.text(), digest_of('f'), digest_of('d')));
  CAPTURE(image.config);
  CHECK(config == expected);
}

TEST_CASE("a manifest names config, the base's layers and the new one, as Docker writes it",
          "[image][assembly]") {
  const auto image = assembled(config_with(R"("os":"linux")"));

  CHECK(image.manifest == fmt::format(R"({{"schemaVersion":2,"mediaType":"{}",)"
                                      R"("config":{{"mediaType":"{}","size":{},"digest":"{}"}},)"
                                      R"("layers":[{{"mediaType":"{}","size":101,"digest":"{}"}},)"
                                      R"({{"mediaType":"{}","size":1234,"digest":"{}"}}]}})",
                                      kDockerImage, kDockerConfig, image.config.size(),
                                      Digest::of(image.config).text(), kDockerGzip, digest_of('1'),
                                      kDockerGzip, digest_of('e')));
  REQUIRE(image.base_layers.size() == 1);
  CHECK(image.base_layers[0].digest.text() == digest_of('1'));
}

TEST_CASE("what a base says stays, known to us or not", "[image][assembly]") {
  const auto config = config_of(config_with(
      R"("variant":"v8","os.version":"10","os.features":["f"],"unknown":{"a":[1,2]},)"
      R"("config":{"Healthcheck":{"Test":["CMD","true"]},"StopTimeout":5,)"
      R"("StopSignal":"SIGTERM","Volumes":{"/v":{}},"WorkingDir":"/w","Shell":["/bin/zsh","-c"],)"
      R"("ArgsEscaped":true,"future":0},"history":[{"empty_layer":true,"unknown":2}])"));

  CHECK(config["variant"] == "v8");
  CHECK(config["os.version"] == "10");
  CHECK(iib::io::to_json(config["os.features"]) == R"(["f"])");
  CHECK(iib::io::to_json(config["unknown"]) == R"({"a":[1,2]})");
  const auto& settings = config["config"];
  CHECK(iib::io::to_json(settings["Healthcheck"]) == R"({"Test":["CMD","true"]})");
  CHECK(settings["StopTimeout"].GetInt() == 5);
  CHECK(settings["StopSignal"] == "SIGTERM");
  CHECK(iib::io::to_json(settings["Volumes"]) == R"({"/v":{}})");
  CHECK(settings["WorkingDir"] == "/w");
  CHECK(settings["ArgsEscaped"].GetBool());
  CHECK(settings["future"].GetInt() == 0);
  CHECK(config["history"][0]["unknown"].GetInt() == 2);
  CHECK(config["history"][1]["created_by"] == "/bin/zsh -c");
}

TEST_CASE("what tells how the base was made does not go on", "[image][assembly]") {
  const auto config = config_of(
      config_with(R"("id":"a","parent":"b","container":"c","container_config":{"Cmd":["x"]},)"
                  R"("docker_version":"24","config":{"Hostname":"h","Domainname":"d","Image":"i",)"
                  R"("AttachStdin":true,"Tty":true,"OnBuild":["RUN x"],"MacAddress":"00:11"})"));

  CHECK(iib::io::to_json(config["config"]) == "{}");
  for (const auto* key : {"id", "parent", "container", "container_config", "docker_version"}) {
    CAPTURE(key);
    CHECK_FALSE(config.HasMember(key));
  }
}

TEST_CASE("what is empty or null in a base is left away", "[image][assembly]") {
  const std::string base =
      GENERATE(config_with(R"("config":null)"), config_with(R"("config":{})"),
               config_with(R"("history":null,"author":"","variant":"")"),
               config_with(R"("config":{"Labels":null,"Env":[],"Cmd":null,"User":"","Volumes":{},)"
                           R"("ExposedPorts":null,"ArgsEscaped":false,"Shell":[]})"));
  CAPTURE(base);

  const auto config = config_of(base);

  CHECK(iib::io::to_json(config["config"]) == "{}");
  CHECK(config["history"].Size() == 1);
  CHECK(config["history"][0]["created_by"] == "/bin/sh");
  CHECK(config.MemberCount() == 6);  // created, architecture, os, config, rootfs, history
}

TEST_CASE("an image without settings of its own has those of its base", "[image][assembly]") {
  const auto base = config_with(R"("config":{"Entrypoint":["/base"],"Cmd":["base"]})");

  SECTION("none") {
    CHECK(iib::io::to_json(config_of(base)["config"]) ==
          R"({"Entrypoint":["/base"],"Cmd":["base"]})");
  }
  SECTION("an entrypoint: the base's command stays, as with the tools") {
    const auto config = config_of(base, {.entrypoint = {"/bin/opm"}});
    CHECK(config["config"]["Entrypoint"][0] == "/bin/opm");
    CHECK(config["config"]["Cmd"][0] == "base");
  }
}

TEST_CASE("dates before 1970 are none", "[image][assembly]") {
  const auto image = assemble(kBase, manifest_of({kDockerGzip}), config_with(R"("os":"linux")"), {},
                              kLayer, "amd64", iib::parse_iso8601("1960-01-01T00:00:00.000000Z"));

  CHECK(iib::io::parse_json(image.config)["created"] == "1970-01-01T00:00:00Z");
}

TEST_CASE("the same inputs give the same bytes", "[image][assembly]") {
  const auto base = config_with(R"("unknown":{"b":1,"a":2},"config":{"Labels":{"z":"1","a":"2"}})");

  const auto first = assembled(base, kIndex);
  const auto second = assembled(base, kIndex);

  CHECK(first.config == second.config);
  CHECK(first.manifest == second.manifest);
}

TEST_CASE("layers of OCI get the names that Docker has for them", "[image][assembly]") {
  const auto [type, expected] = GENERATE(table<std::string, std::string>({
      {kDockerGzip, kDockerGzip},
      {kDockerPlain, kDockerPlain},
      {kOciGzip, kDockerGzip},
      {kOciPlain, kDockerPlain},
  }));
  CAPTURE(type);

  const auto image = assemble(kBase, manifest_of({type}), config_with(R"("os":"linux")"), {},
                              kLayer, "amd64", kCreated);

  CHECK(image.base_layers.at(0).media_type == expected);
  CHECK(image.base_layers.at(0).size == 101);
  CHECK(layers_to_recompress(kBase, manifest_of({type})).empty());
}

TEST_CASE("layers of zstd are told, and take the place that gzip made for them",
          "[image][assembly]") {
  const auto manifest = manifest_of({kOciZstd});
  const auto config = config_with(R"("os":"linux")");

  const auto told = layers_to_recompress(kBase, manifest);

  REQUIRE(told.size() == 1);
  CHECK(told[0].digest.text() == digest_of('1'));
  const Recompressed recompressed{
      {digest_of('1'), {.media_type = {}, .digest = Digest::parse(digest_of('9')), .size = 77}}};
  const auto image = assemble(kBase, manifest, config, {}, kLayer, "amd64", kCreated, recompressed);
  REQUIRE(image.base_layers.size() == 1);
  CHECK(image.base_layers[0].digest.text() == digest_of('9'));
  CHECK(image.base_layers[0].size == 77);
  CHECK(image.base_layers[0].media_type == kDockerGzip);
  CHECK_THROWS_WITH(assemble(kBase, manifest, config, {}, kLayer, "amd64", kCreated),
                    Catch::Contains(kBase.text()) && Catch::Contains("zstd"));
}

TEST_CASE("what cannot be a base is refused by name and cause", "[image][assembly]") {
  const auto [manifest, config, cause] = GENERATE(table<std::string, std::string, std::string>({
      {manifest_of({"application/vnd.cncf.helm.chart.content.v1.tar+gzip"}),
       config_with(R"("os":"linux")"), "helm"},
      {manifest_of({"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}),
       config_with(R"("os":"linux")"), "foreign"},
      {manifest_of({kDockerGzip, kDockerGzip}), config_with(R"("os":"linux")"), "names 1 layers"},
      {manifest_of({kDockerGzip}), "[]", "not a JSON object"},
      {manifest_of({kDockerGzip}), "{", "its config"},
      {manifest_of({kDockerGzip}), config_with(R"("config":"x")"), "config of its config"},
      {manifest_of({kDockerGzip}), config_with(R"("config":{"Labels":["x"]})"), "Labels"},
      {manifest_of({kDockerGzip}), config_with(R"("history":{})"), "history"},
      {manifest_of({kDockerGzip}), R"({"os":"linux"})", "names 0 layers"},
      {R"({"schemaVersion":2})", config_with(R"("os":"linux")"), "no layers"},
  }));
  CAPTURE(manifest, config);

  CHECK_THROWS_AS(assemble(kBase, manifest, config, {}, kLayer, "amd64", kCreated), UserError);
  CHECK_THROWS_WITH(assemble(kBase, manifest, config, {}, kLayer, "amd64", kCreated),
                    Catch::Contains(kBase.text()) && Catch::Contains(cause));
}

TEST_CASE("a list names its images by architecture, with what their configs tell of the platform",
          "[image][assembly]") {
  const std::vector<ListedImage> images{
      {"s390x", Digest::parse(digest_of('1')), 500},
      {"arm64",
       Digest::parse(digest_of('2')),
       600,
       {.variant = "v8", .os_version = "10", .os_features = {"f"}}}};

  CHECK(
      assemble_list(images) ==
      fmt::format(
          R"({{"schemaVersion":2,"mediaType":"{}","manifests":[)"
          R"({{"mediaType":"{}","size":600,"digest":"{}","platform":)"
          R"({{"architecture":"arm64","os":"linux","os.version":"10","os.features":["f"],"variant":"v8"}}}},)"
          R"({{"mediaType":"{}","size":500,"digest":"{}","platform":)"
          R"({{"architecture":"s390x","os":"linux"}}}}]}})",
          kDockerList, kDockerImage, digest_of('2'), kDockerImage, digest_of('1')));
}

TEST_CASE("a config tells its platform", "[image][assembly]") {
  const auto told =
      platform_of(kBase, R"({"variant":"v8","os.version":"10","os.features":["f","g"]})");
  const auto silent = platform_of(kBase, R"({"variant":null,"os.features":"x"})");

  CHECK(told.variant == "v8");
  CHECK(told.os_version == "10");
  CHECK(told.os_features == std::vector<std::string>{"f", "g"});
  CHECK((silent.variant.empty() && silent.os_version.empty() && silent.os_features.empty()));
}
