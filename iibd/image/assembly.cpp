#include "image/assembly.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"
#include "image/assembly_config.hpp"
#include "image/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace iib::image {
namespace {

constexpr std::string_view kList = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view kImage = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kConfig = "application/vnd.docker.container.image.v1+json";
constexpr std::string_view kGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
constexpr std::string_view kPlain = "application/vnd.docker.image.rootfs.diff.tar";

/// What Docker's format calls a layer; empty where it has no name for the compression.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kLayerTypes{
    {{kGzip, kGzip},
     {kPlain, kPlain},
     {"application/vnd.docker.image.rootfs.diff.tar.zstd", ""},
     {"application/vnd.oci.image.layer.v1.tar+gzip", kGzip},
     {"application/vnd.oci.image.layer.v1.tar", kPlain},
     {"application/vnd.oci.image.layer.v1.tar+zstd", ""}}};

std::string_view docker_type(const model::ImageReference& base, const Blob& layer) {
  const auto* const found =
      std::find_if(kLayerTypes.begin(), kLayerTypes.end(),
                   [&](const auto& type) { return type.first == layer.media_type; });
  if (found != kLayerTypes.end()) return found->second;
  throw UserError{
      fmt::format("{} cannot be a base: its layer {} is of the media type {}; name an image whose "
                  "layers are tar archives, plain or compressed with gzip or zstd",
                  base.text(), layer.digest.text(), one_line(layer.media_type, 200))};
}

/// `layer` of `base` as Docker's format names it.
Blob docker_layer(const model::ImageReference& base, Blob layer, const Recompressed& recompressed) {
  const auto type = docker_type(base, layer);
  if (!type.empty()) {
    layer.media_type = type;
    return layer;
  }
  const auto found = recompressed.find(layer.digest.text());
  if (found != recompressed.end())
    return {std::string{kGzip}, found->second.digest, found->second.size};
  throw UserError{
      fmt::format("{} cannot be a base: its layer {} is compressed with zstd, which "
                  "Docker v2 schema 2 does not know",
                  base.text(), layer.digest.text())};
}

void write_text(io::JsonWriter& writer, const char* key, std::string_view text) {
  writer.Key(key);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write_blob(io::JsonWriter& writer, const Blob& blob) {
  writer.StartObject();
  write_text(writer, "mediaType", blob.media_type);
  writer.Key("size");
  writer.Uint64(blob.size);
  write_text(writer, "digest", blob.digest.text());
  writer.EndObject();
}

void begin_manifest(io::JsonWriter& writer, std::string_view type) {
  constexpr int kSchemaVersion = 2;
  writer.StartObject();
  writer.Key("schemaVersion");
  writer.Int(kSchemaVersion);
  write_text(writer, "mediaType", type);
}

std::string image_manifest(const Blob& config, const std::vector<Blob>& base_layers,
                           const Blob& layer) {
  rapidjson::StringBuffer text;
  io::JsonWriter writer{text};
  begin_manifest(writer, kImage);
  writer.Key("config");
  write_blob(writer, config);
  writer.Key("layers");
  writer.StartArray();
  for (const auto& below : base_layers) write_blob(writer, below);
  write_blob(writer, layer);
  writer.EndArray();
  writer.EndObject();
  return {text.GetString(), text.GetSize()};
}

void write_platform(io::JsonWriter& writer, const ListedImage& image) {
  const auto& [variant, os_version, os_features] = image.platform;
  writer.StartObject();
  write_text(writer, "architecture", image.architecture);
  write_text(writer, "os", "linux");
  if (!os_version.empty()) write_text(writer, "os.version", os_version);
  if (!os_features.empty()) {
    writer.Key("os.features");
    writer.StartArray();
    for (const auto& feature : os_features) writer.String(feature);
    writer.EndArray();
  }
  if (!variant.empty()) write_text(writer, "variant", variant);
  writer.EndObject();
}

}  // namespace

std::vector<Blob> layers_to_recompress(const model::ImageReference& base,
                                       std::string_view base_manifest) {
  auto layers = layers_of(base, base_manifest);
  std::erase_if(layers, [&](const Blob& layer) { return !docker_type(base, layer).empty(); });
  return layers;
}

Assembled assemble(const std::optional<model::ImageReference>& base, std::string_view base_manifest,
                   std::string_view base_config, const ImageContent& content, const NewLayer& layer,
                   const std::string& architecture, Timestamp created,
                   const Recompressed& recompressed) {
  auto layers = base ? layers_of(*base, base_manifest) : std::vector<Blob>{};
  for (auto& below : layers) below = docker_layer(*base, std::move(below), recompressed);
  auto config = assemble_config(base, base_config, layers.size(), content, layer.diff_id,
                                architecture, created);
  Blob config_blob{std::string{kConfig}, model::Digest::of(config), config.size()};
  auto manifest = image_manifest(config_blob, layers, layer.blob);
  return {.config = std::move(config),
          .config_blob = std::move(config_blob),
          .manifest = std::move(manifest),
          .base_layers = std::move(layers)};
}

std::string assemble_list(std::span<const ListedImage> images) {
  std::vector<ListedImage> sorted{images.begin(), images.end()};
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
    return left.architecture < right.architecture;
  });
  rapidjson::StringBuffer text;
  io::JsonWriter writer{text};
  begin_manifest(writer, kList);
  writer.Key("manifests");
  writer.StartArray();
  for (const auto& image : sorted) {
    writer.StartObject();
    write_text(writer, "mediaType", kImage);
    writer.Key("size");
    writer.Uint64(image.size);
    write_text(writer, "digest", image.digest.text());
    writer.Key("platform");
    write_platform(writer, image);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return {text.GetString(), text.GetSize()};
}

}  // namespace iib::image
