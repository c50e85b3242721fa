#include "image/manifest.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using iib::ExternalError;
using iib::UserError;
using iib::image::config_of;
using iib::image::layers_of;
using iib::image::ManifestKind;
using iib::image::parse_config;
using iib::image::parse_manifest;
using iib::model::Digest;
using iib::model::ImageReference;

const ImageReference kImage = ImageReference::parse("r.io/ns/name:1");

constexpr auto kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr auto kDockerImage = "application/vnd.docker.distribution.manifest.v2+json";
constexpr auto kOciList = "application/vnd.oci.image.index.v1+json";
constexpr auto kOciImage = "application/vnd.oci.image.manifest.v1+json";

std::string digest_of(char digit) {
  return "sha256:" + std::string(64, digit);
}

std::string entry(char digit, const std::string& platform, const std::string& type) {
  return fmt::format(R"({{"digest":"{}","mediaType":"{}","platform":{}}})", digest_of(digit), type,
                     platform);
}

}  // namespace

TEST_CASE("the digest is that of the raw bytes", "[image][manifest]") {
  const std::string raw = R"( {"schemaVersion":2,"layers":[]})"
                          "\r\n";

  CHECK(parse_manifest(kImage, raw).digest == Digest::of(raw));
}

TEST_CASE("a manifest with another digest than asked for is refused", "[image][manifest]") {
  const auto asked = kImage.at(Digest::parse(digest_of('0')));

  CHECK_THROWS_AS(parse_manifest(asked, R"({"layers":[]})"), ExternalError);
}

TEST_CASE("media types tell lists from images, shapes where they are missing",
          "[image][manifest]") {
  const auto [raw, kind, type] = GENERATE(table<std::string, ManifestKind, std::string>({
      {fmt::format(R"({{"mediaType":"{}","manifests":[]}})", kDockerList), ManifestKind::list,
       kDockerList},
      {fmt::format(R"({{"mediaType":"{}"}})", kDockerImage), ManifestKind::image, kDockerImage},
      {fmt::format(R"({{"mediaType":"{}","manifests":[]}})", kOciList), ManifestKind::list,
       kOciList},
      {fmt::format(R"({{"mediaType":"{}"}})", kOciImage), ManifestKind::image, kOciImage},
      {R"({"schemaVersion":2,"manifests":[]})", ManifestKind::list, kOciList},
      {R"({"schemaVersion":2,"layers":[]})", ManifestKind::image, kOciImage},
  }));
  CAPTURE(raw);

  const auto manifest = parse_manifest(kImage, raw);

  CHECK(manifest.kind == kind);
  CHECK(manifest.media_type == type);
}

TEST_CASE("only linux images of a list count", "[image][manifest]") {
  const auto raw = fmt::format(
      R"({{"mediaType":"{}","manifests":[{},{},{},{},{},{{"digest":"{}"}}]}})", kOciList,
      entry('1', R"({"os":"linux","architecture":"s390x"})", kOciImage),
      entry('2', R"({"os":"windows","architecture":"amd64"})", kOciImage),
      entry('3', R"({"os":"unknown","architecture":"unknown"})", kOciImage),
      entry('4', R"({"os":"linux","architecture":"amd64"})", kOciList),
      entry('5', R"({"os":"linux","architecture":"amd64"})", kDockerImage), digest_of('6'));

  const auto manifest = parse_manifest(kImage, raw);

  REQUIRE(manifest.entries.size() == 2);
  CHECK(manifest.entries[0].architecture == "s390x");
  CHECK(manifest.entries[1].digest.text() == digest_of('5'));
}

TEST_CASE("what is no image is refused by name", "[image][manifest]") {
  const auto [raw, cause] = GENERATE(table<std::string, std::string>({
      {R"({"schemaVersion":1,"fsLayers":[]})", "schema 1"},
      {R"({"mediaType":"application/vnd.docker.distribution.manifest.v1+prettyjws"})", "schema 1"},
      {R"({"mediaType":"application/vnd.cncf.helm.config.v1+json"})", "helm"},
      {R"({"schemaVersion":2})", "no media type"},
  }));
  CAPTURE(raw);

  CHECK_THROWS_AS(parse_manifest(kImage, raw), UserError);
  CHECK_THROWS_WITH(parse_manifest(kImage, raw),
                    Catch::Contains("r.io/ns/name:1") && Catch::Contains(cause));
}

TEST_CASE("nonsense instead of a manifest is nobody's wrong name", "[image][manifest]") {
  const std::string raw = GENERATE("", "<html>", "[]", "12", "{\"a\":");
  CAPTURE(raw);

  CHECK_THROWS_AS(parse_manifest(kImage, raw), ExternalError);
  CHECK_THROWS_AS(parse_config(kImage, raw), ExternalError);
}

TEST_CASE("layers are named from the lowest to the topmost", "[image][manifest]") {
  const auto raw = fmt::format(
      R"({{"layers":[{{"mediaType":"t","digest":"{}","size":7}},{{"digest":"{}","size":0}}]}})",
      digest_of('b'), digest_of('a'));

  const auto layers = layers_of(kImage, raw);

  REQUIRE(layers.size() == 2);
  CHECK(layers[0].digest.text() == digest_of('b'));
  CHECK(layers[0].size == 7);
  CHECK(layers[0].media_type == "t");
  CHECK(layers[1].media_type.empty());
}

TEST_CASE("a manifest tells the sizes of all its layers or of none", "[image][manifest]") {
  const auto sizes = [](const std::string& layers) {
    return parse_manifest(kImage, fmt::format(R"({{"layers":{}}})", layers)).layer_bytes;
  };

  CHECK(sizes(R"([{"size":7},{"size":0}])") == std::vector<std::uint64_t>{7, 0});
  CHECK(sizes("[]").empty());
  CHECK(sizes(R"([{"size":7},{}])").empty());
  CHECK(sizes(R"([{"size":-1}])").empty());
}

TEST_CASE("descriptors that name no blob are refused", "[image][manifest]") {
  const auto bad = GENERATE_COPY(as<std::string>{}, R"({"digest":"../../x","size":1})",
                                 fmt::format(R"({{"digest":"{}"}})", digest_of('a')),
                                 fmt::format(R"({{"digest":"{}","size":-1}})", digest_of('a')),
                                 R"({"size":1})", "{}", "[]", "null");
  CAPTURE(bad);

  CHECK_THROWS_AS(layers_of(kImage, fmt::format(R"({{"layers":[{}]}})", bad)), UserError);
  CHECK_THROWS_AS(config_of(kImage, fmt::format(R"({{"config":{}}})", bad)), UserError);
  CHECK_THROWS_AS(layers_of(kImage, "{}"), UserError);
  CHECK_THROWS_AS(config_of(kImage, "{}"), UserError);
}

TEST_CASE("more layers than any image has are refused", "[image][manifest]") {
  std::string layers = fmt::format(R"({{"digest":"{}","size":1}})", digest_of('a'));
  const auto one = layers;
  for (int i = 0; i < 1000; ++i) layers.append(",").append(one);

  CHECK_THROWS_WITH(layers_of(kImage, fmt::format(R"({{"layers":[{}]}})", layers)),
                    Catch::Contains("1001 layers"));
}

TEST_CASE("the registry's content type counts where the manifest tells none", "[image][manifest]") {
  const std::string docker = "application/vnd.docker.distribution.manifest.v2+json";
  const std::string raw = R"({"schemaVersion":2,"layers":[]})";

  CHECK(parse_manifest(kImage, raw, docker).media_type == docker);
  CHECK(parse_manifest(kImage, raw, "text/html").media_type ==
        "application/vnd.oci.image.manifest.v1+json");
}

TEST_CASE("labels that are null or absent are none", "[image][manifest]") {
  const std::string config =
      GENERATE(R"({})", R"({"config":null})", R"({"config":{}})", R"({"config":{"Labels":null}})");
  CAPTURE(config);

  CHECK(parse_config(kImage, config).labels.empty());
}

TEST_CASE("a config tells architecture, labels and date", "[image][manifest]") {
  const auto config =
      parse_config(kImage, R"({"architecture":"arm64","created":"2024-05-06T07:08:09.123456789Z",)"
                           R"("config":{"Labels":{"a":"b","n":1}}})");

  CHECK(config.architecture == "arm64");
  CHECK(config.labels == std::map<std::string, std::string>{{"a", "b"}});
  CHECK(config.created == iib::parse_iso8601("2024-05-06T07:08:09Z"));
  CHECK_FALSE(parse_config(kImage, R"({"created":"yesterday"})").created.has_value());
}

TEST_CASE("a config names its layers from the lowest up, or none that could be right",
          "[image][manifest]") {
  const auto ids = [](const std::string& told) {
    return parse_config(kImage, fmt::format(R"({{"rootfs":{{"diff_ids":{}}}}})", told)).diff_ids;
  };
  std::string many = R"("sha256:x")";
  for (int i = 0; i < 1000; ++i) many += R"(,"sha256:x")";

  CHECK(ids(R"(["sha256:b","sha256:a"])") == std::vector<std::string>{"sha256:b", "sha256:a"});
  CHECK(ids("[]").empty());
  CHECK(ids("null").empty());
  CHECK(ids(R"(["sha256:b",7])").empty());
  CHECK(ids(fmt::format("[\"{}\"]", std::string(201, 'a'))).empty());
  CHECK(ids(fmt::format("[{}]", many)).empty());
  CHECK(parse_config(kImage, R"({"rootfs":[]})").diff_ids.empty());
}
