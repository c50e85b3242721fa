#include "image/stacking.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

namespace iib::image {
namespace {

constexpr std::size_t kMostBytes = 16UL << 20U;

UserError unusable(const model::ImageReference& image, std::string_view cause) {
  return UserError{
      fmt::format("{} cannot be built on: {}; name an image as docker, podman or "
                  "buildah make it",
                  image.text(), cause)};
}

io::JsonDocument parse(const model::ImageReference& image, const std::string& text) {
  try {
    return io::parse_json(text, {.name = "its manifest or config", .max_bytes = kMostBytes});
  } catch (const UserError& error) {
    throw unusable(image, error.what());
  }
}

/// The array `key` of `object`. Throws UserError when there is none.
io::JsonValue& array_of(const model::ImageReference& image, io::JsonValue& object,
                        const char* key) {
  if (object.IsObject() && object.HasMember(key) && object[key].IsArray()) return object[key];
  throw unusable(image, fmt::format("it has no list of {}", key));
}

/// The last `count` elements. Throws UserError when there are fewer.
std::vector<const io::JsonValue*> last(const model::ImageReference& image,
                                       const io::JsonValue& array, std::size_t count) {
  std::vector<const io::JsonValue*> elements;
  for (const auto& element : array.GetArray()) elements.push_back(&element);
  if (elements.size() < count) {
    throw unusable(image, fmt::format("it has {} layers, not {}", elements.size(), count));
  }
  elements.erase(elements.begin(), elements.end() - static_cast<std::ptrdiff_t>(count));
  return elements;
}

/// The entries of the last `count` layers in a history, which may tell of fewer.
std::vector<const io::JsonValue*> history_of(const io::JsonValue& config, std::size_t count) {
  std::vector<const io::JsonValue*> entries;
  const auto* history = io::find_member(config, "history");
  if (history == nullptr || !history->IsArray()) return entries;
  for (const auto& entry : history->GetArray()) {
    const auto* empty = io::find_member(entry, "empty_layer");
    if (empty == nullptr || !empty->IsTrue()) entries.push_back(&entry);
  }
  if (entries.size() > count) {
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(count));
  }
  return entries;
}

void append(io::JsonDocument& document, io::JsonValue& array,
            const std::vector<const io::JsonValue*>& elements) {
  auto& memory = document.GetAllocator();
  for (const auto* element : elements) array.PushBack(io::JsonValue{*element, memory}, memory);
}

std::string stack_configs(const model::ImageReference& name, const std::string& base,
                          const StackedLayers& stacked, const std::string& other) {
  auto config = parse(name, base);
  auto above = parse(stacked.image, other);
  if (!config.IsObject() || !config.HasMember("rootfs")) throw unusable(name, "it has no rootfs");
  if (!above.IsObject() || !above.HasMember("rootfs")) {
    throw unusable(stacked.image, "it has no rootfs");
  }
  append(config, array_of(name, config["rootfs"], "diff_ids"),
         last(stacked.image, array_of(stacked.image, above["rootfs"], "diff_ids"), stacked.count));
  if (!config.HasMember("history") || !config["history"].IsArray()) {
    config.RemoveMember("history");
    config.AddMember("history", io::JsonValue{rapidjson::kArrayType}, config.GetAllocator());
  }
  append(config, config["history"], history_of(above, stacked.count));
  return io::to_json(config);
}

std::string stack_manifests(const model::ImageReference& name, const std::string& base,
                            const StackedLayers& stacked, const std::string& other) {
  auto manifest = parse(name, base);
  auto above = parse(stacked.image, other);
  append(manifest, array_of(name, manifest, "layers"),
         last(stacked.image, array_of(stacked.image, above, "layers"), stacked.count));
  return io::to_json(manifest);
}

}  // namespace

ImageText stack(const model::ImageReference& name, const ImageText& base,
                const StackedLayers& stacked, const ImageText& other) {
  return {.manifest = stack_manifests(name, base.manifest, stacked, other.manifest),
          .config = stack_configs(name, base.config, stacked, other.config)};
}

}  // namespace iib::image
