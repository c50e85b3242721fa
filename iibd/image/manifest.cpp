#include "image/manifest.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <optional>

namespace iib::image {
namespace {

constexpr std::string_view kDockerList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view kDockerImage = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kOciList = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view kOciImage = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kSchema1 = "application/vnd.docker.distribution.manifest.v1+";

constexpr std::size_t kMostBytes = 16UL << 20U;
/// Container storage has room for 127.
constexpr std::size_t kMostLayers = 1000;
/// That of SHA-512 has 135.
constexpr std::size_t kLongestDigest = 200;

bool is_image_type(std::string_view type) {
  return type == kDockerImage || type == kOciImage;
}

/// What is no JSON was not written by a registry: something between us and it answers nonsense.
ExternalError nonsense(const model::ImageReference& image, std::string_view cause) {
  return ExternalError{
      fmt::format("{} cannot be read: {}; check that {} is a registry, and the skopeo on the PATH "
                  "of iibd",
                  image.text(), cause, image.registry()),
      ExternalError::Retry::no};
}

io::JsonDocument parse(const model::ImageReference& image, std::string_view raw,
                       std::string_view what) {
  try {
    auto document =
        io::parse_json(raw, {.name = fmt::format("its {}", what), .max_bytes = kMostBytes});
    if (document.IsObject()) return document;
  } catch (const UserError& error) {
    throw nonsense(image, error.what());
  }
  throw nonsense(image, fmt::format("its {} is not a JSON object", what));
}

bool has_array(const io::JsonValue& object, std::string_view key) {
  const auto* member = io::find_member(object, key);
  return member != nullptr && member->IsArray();
}

std::int64_t schema_version(const io::JsonValue& manifest) {
  const auto* version = io::find_member(manifest, "schemaVersion");
  return version != nullptr && version->IsInt64() ? version->GetInt64() : 0;
}

bool is_list_type(std::string_view type) {
  return type == kDockerList || type == kOciList;
}

/// The media type; where the manifest does not tell it (OCI makes it optional) the registry's, then
/// the shape.
std::string media_type_of(const model::ImageReference& image, const io::JsonValue& manifest,
                          std::string_view content_type) {
  const auto told = io::text_member(manifest, "mediaType").value_or("");
  if (told.starts_with(kSchema1) || schema_version(manifest) == 1) {
    throw UserError{
        fmt::format("{} is an image of Docker schema 1, which is not supported; push it again as "
                    "Docker v2 schema 2 or OCI",
                    image.text())};
  }
  if (!told.empty()) return std::string{told};
  if (is_list_type(content_type) || is_image_type(content_type)) return std::string{content_type};
  if (has_array(manifest, "manifests")) return std::string{kOciList};
  if (has_array(manifest, "layers")) return std::string{kOciImage};
  throw UserError{
      fmt::format("{} is neither an image nor a list of images: its manifest has "
                  "schema version {} and no media type",
                  image.text(), schema_version(manifest))};
}

/// An entry of a list, if it is a linux image: not an attestation, not a list, not of an unknown
/// platform.
std::optional<ListEntry> linux_image(const io::JsonValue& entry) {
  const auto digest = io::text_member(entry, "digest");
  const auto* platform = io::find_member(entry, "platform");
  if (!digest || platform == nullptr) return std::nullopt;
  const auto type = io::text_member(entry, "mediaType");
  const auto architecture = io::text_member(*platform, "architecture").value_or("");
  const bool runs_linux = io::text_member(*platform, "os").value_or("linux") == "linux";
  if ((type && !is_image_type(*type)) || !runs_linux || architecture.empty() ||
      architecture == "unknown") {
    return std::nullopt;
  }
  return ListEntry{model::Digest::parse(*digest), std::string{architecture}};
}

std::vector<ListEntry> entries_of(const io::JsonValue& manifest) {
  std::vector<ListEntry> entries;
  const auto* listed = io::find_member(manifest, "manifests");
  if (listed == nullptr || !listed->IsArray()) return entries;
  for (const auto& entry : listed->GetArray()) {
    if (auto found = linux_image(entry)) entries.push_back(*std::move(found));
  }
  return entries;
}

/// None when it tells no sizes: whoever needs a layer is told so by layers_of().
std::vector<std::uint64_t> layer_bytes_of(const io::JsonValue& manifest) {
  const auto* listed = io::find_member(manifest, "layers");
  if (listed == nullptr || !listed->IsArray() || listed->Size() > kMostLayers) return {};
  std::vector<std::uint64_t> bytes;
  for (const auto& layer : listed->GetArray()) {
    const auto* size = io::find_member(layer, "size");
    if (size == nullptr || !size->IsUint64()) return {};
    bytes.push_back(size->GetUint64());
  }
  return bytes;
}

/// A descriptor of the manifest; `what` calls it in errors.
Blob blob_of(const model::ImageReference& image, const io::JsonValue& descriptor,
             std::string_view what) {
  const auto* size = io::find_member(descriptor, "size");
  const auto digest = io::text_member(descriptor, "digest");
  if (!digest || size == nullptr || !size->IsUint64()) {
    throw UserError{fmt::format("{} is damaged: its manifest tells no digest or size of {}",
                                image.text(), what)};
  }
  return {.media_type = std::string{io::text_member(descriptor, "mediaType").value_or("")},
          .digest = model::Digest::parse(*digest),
          .size = size->GetUint64()};
}

/// To the second; tools differ in what follows.
std::optional<Timestamp> creation_time(std::string_view text) {
  constexpr std::string_view kForm = "YYYY-MM-DDTHH:MM:SS";
  try {
    return parse_iso8601(fmt::format("{}Z", text.substr(0, kForm.size())));
  } catch (const UserError&) {
    return std::nullopt;  // optional, and of no consequence to anyone but the next image's date
  }
}

/// What a config tells of its layers. None when it tells nothing that could be right: an image
/// whose layers are not known is like no other.
std::vector<std::string> diff_ids_of(const io::JsonValue& config) {
  const auto* rootfs = io::find_member(config, "rootfs");
  const auto* listed = rootfs == nullptr ? nullptr : io::find_member(*rootfs, "diff_ids");
  if (listed == nullptr || !listed->IsArray() || listed->Size() > kMostLayers) return {};
  std::vector<std::string> ids;
  for (const auto& id : listed->GetArray()) {
    const auto text = io::as_text(id);
    if (!text || text->size() > kLongestDigest) return {};
    ids.emplace_back(*text);
  }
  return ids;
}

/// What the comment of the newest layer's entry tells, as Docker's builders write it.
std::string made_from(const io::JsonValue& config) {
  constexpr std::string_view kFrom = "FROM ";
  const auto* history = io::find_member(config, "history");
  if (history == nullptr || !history->IsArray() || history->Empty()) return {};
  const auto& newest = (*history)[history->Size() - 1];
  const auto comment = io::text_member(newest, "comment").value_or("");
  return comment.starts_with(kFrom) ? std::string{comment.substr(kFrom.size())} : std::string{};
}

}  // namespace

Manifest parse_manifest(const model::ImageReference& image, std::string_view raw,
                        std::string_view content_type) {
  const auto digest = model::Digest::of(raw);
  if (image.digest() && *image.digest() != digest) {
    throw ExternalError{fmt::format("{}: the registry gave a manifest with another digest, {}",
                                    image.text(), digest.text()),
                        ExternalError::Retry::no};
  }
  const auto manifest = parse(image, raw, "manifest");
  Manifest result{.media_type = media_type_of(image, manifest, content_type), .digest = digest};
  if (is_list_type(result.media_type)) {
    result.kind = ManifestKind::list;
    result.entries = entries_of(manifest);
  } else if (!is_image_type(result.media_type)) {
    throw UserError{fmt::format("{} is neither an image nor a list of images: its media type is {}",
                                image.text(), one_line(result.media_type, 200))};
  } else {
    result.layer_bytes = layer_bytes_of(manifest);
  }
  return result;
}

std::vector<Blob> layers_of(const model::ImageReference& image, std::string_view raw) {
  const auto manifest = parse(image, raw, "manifest");
  const auto* listed = io::find_member(manifest, "layers");
  if (listed == nullptr || !listed->IsArray()) {
    throw UserError{fmt::format("{} is no image: its manifest names no layers", image.text())};
  }
  if (listed->Size() > kMostLayers) {
    throw UserError{fmt::format("{} has {} layers; iibd reads images of at most {}", image.text(),
                                listed->Size(), kMostLayers)};
  }
  std::vector<Blob> layers;
  for (const auto& layer : listed->GetArray()) layers.push_back(blob_of(image, layer, "a layer"));
  return layers;
}

Blob config_of(const model::ImageReference& image, std::string_view raw) {
  const auto manifest = parse(image, raw, "manifest");
  const auto* config = io::find_member(manifest, "config");
  if (config == nullptr) {
    throw UserError{fmt::format("{} is no image: its manifest names no config", image.text())};
  }
  return blob_of(image, *config, "its config");
}

ImageConfig parse_config(const model::ImageReference& image, std::string_view raw) {
  const auto document = parse(image, raw, "config");
  ImageConfig result;
  result.architecture = io::text_member(document, "architecture").value_or("");
  result.created = creation_time(io::text_member(document, "created").value_or(""));
  result.diff_ids = diff_ids_of(document);
  result.made_from = made_from(document);
  const auto* config = io::find_member(document, "config");
  const auto* labels = config == nullptr ? nullptr : io::find_member(*config, "Labels");
  if (labels == nullptr || !labels->IsObject()) return result;
  for (const auto& [name, value] : labels->GetObject()) {
    const auto text = io::as_text(value);
    if (text) result.labels.emplace(std::string{name.GetString(), name.GetStringLength()}, *text);
  }
  return result;
}

}  // namespace iib::image
