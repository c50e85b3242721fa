#include "catalog/fbc/bundle_objects.hpp"

#include "catalog/fields.hpp"
#include "catalog/json_text.hpp"
#include "catalog/manifest_document.hpp"
#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {
namespace {

constexpr std::string_view kCsvKind = "ClusterServiceVersion";

std::string as_json(std::string text, std::size_t number) {
  const auto first = text.find_first_not_of(" \t\r\n\v\f");
  if (first != std::string::npos && text[first] == '{') return text;
  return canonical_json(
      read_file_document(text, fmt::format("the data of its object {}", number)).root);
}

/// The CSV among `objects`; nothing when there is none.
std::optional<io::JsonDocument> find_csv(const std::vector<std::string>& objects) {
  for (const auto& object : objects) {
    if (object.find(kCsvKind) == std::string::npos) continue;
    auto document = io::parse_json(object);
    if (io::text_member(document, "kind") == kCsvKind) return document;
  }
  return std::nullopt;
}

bool is_object(const Property& property) {
  return property.type == kObjectProperty;
}

bool has_metadata(const BundleBlob& bundle) {
  return std::any_of(bundle.properties.begin(), bundle.properties.end(),
                     [](const auto& each) { return each.type == kMetadataProperty; });
}

}  // namespace

std::string ObjectReader::json(const Property& property) {
  ++number_;
  const auto value = io::parse_json(property.value);
  const Fields fields{&value, "the value of its property " + property.type, Names::any_case};
  const auto reference = fields.text("ref");
  if (!reference.empty()) return as_json(read(reference), number_);
  auto data = fields.text("data");
  std::erase_if(data, [](char c) { return c == '\n' || c == '\r'; });
  auto bytes = from_base64(data);
  if (!bytes) throw UserError{fmt::format("the data of its object {} is no base64", number_)};
  return as_json(std::move(*bytes), number_);
}

std::string ObjectReader::read(const std::string& reference) {
  const auto file = referenced_file(reference, place_);
  if (std::filesystem::file_size(file) > left_) {
    throw UserError{
        fmt::format("the files of its objects up to object {} are together longer than {} bytes, "
                    "the limit for a bundle: shorten them",
                    number_, BlobReader::kMaxBlobBytes)};
  }
  auto text = read_file(file, left_);
  left_ -= text.size();
  return text;
}

void normalize(BundleBlob& bundle, const ObjectPlace& place, MigrateLevel level) {
  std::stable_sort(bundle.related_images.begin(), bundle.related_images.end(),
                   [](const auto& a, const auto& b) { return a.image < b.image; });
  std::vector<std::string> objects;
  ObjectReader reader{place};
  for (const auto& property : bundle.properties) {
    if (is_object(property)) objects.push_back(reader.json(property));
  }
  if (objects.empty()) return;
  const bool converted = level == MigrateLevel::bundle_object_to_csv_metadata &&
                         !bundle.image.empty() && !has_metadata(bundle);
  const auto csv = converted ? find_csv(objects) : std::nullopt;
  std::erase_if(bundle.properties, is_object);
  if (csv) {
    bundle.properties.push_back(
        {.type = std::string{kMetadataProperty}, .value = csv_metadata(*csv)});
    return;
  }
  for (const auto& object : objects) {
    bundle.properties.push_back({.type = std::string{kObjectProperty},
                                 .value = fmt::format(R"({{"data":"{}"}})", to_base64(object))});
  }
}

}  // namespace iib::catalog::fbc
