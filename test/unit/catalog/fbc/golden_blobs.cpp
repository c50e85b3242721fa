#include "golden_blobs.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/files.hpp"
#include "iib/base/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kLimit = 64UL << 20U;

void hash_member(io::JsonValue& object, const char* key, io::JsonAllocator& allocator) {
  const auto text = io::text_member(object, key);
  const auto bytes = text ? from_base64(*text) : std::nullopt;
  if (!bytes) return;
  object[key] =
      io::json_text(fmt::format("sha256:{}:{}", sha256_hex(*bytes), bytes->size()), allocator);
}

void sort_images(io::JsonValue& blob) {
  if (!blob.HasMember("relatedImages")) return;
  const auto images = blob["relatedImages"].GetArray();
  std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) {
    return std::tuple{io::text_member(a, "image"), io::text_member(a, "name")} <
           std::tuple{io::text_member(b, "image"), io::text_member(b, "name")};
  });
}

}  // namespace

std::map<std::string, catalog::BundleSource> corpus_bundles(const fs::path& shared) {
  std::map<std::string, catalog::BundleSource> sources;
  const auto corpus = shared / "corpus";
  const auto bundles = io::parse_json(read_file(corpus / "bundles.json", kLimit));
  for (const auto& bundle : bundles.GetArray()) {
    auto& source = sources[std::string{io::text_member(bundle, "key").value()}];
    source.pull_spec = io::text_member(bundle, "image").value();
    source.directory = corpus / io::text_member(bundle, "directory").value();
  }
  return sources;
}

std::string comparable_blob(const std::string& text) {
  auto blob = io::parse_json(text);
  auto& allocator = blob.GetAllocator();
  if (blob.HasMember("icon")) hash_member(blob["icon"], "base64data", allocator);
  if (blob.HasMember("properties")) {
    for (auto& property : blob["properties"].GetArray()) {
      if (io::text_member(property, "type") == "olm.bundle.object") {
        hash_member(property["value"], "data", allocator);
      }
    }
  }
  sort_images(blob);
  return io::to_json(blob);
}

std::string comparable_blob(const io::JsonValue& golden) {
  io::JsonDocument copy;
  copy.CopyFrom(golden, copy.GetAllocator());
  sort_images(copy);
  return io::to_json(copy);
}

}  // namespace iib::test
