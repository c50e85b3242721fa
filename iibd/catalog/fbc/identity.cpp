#include "catalog/fbc/identity.hpp"

#include "catalog/fields.hpp"
#include "catalog/json_text.hpp"
#include "iib/base/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace iib::catalog::fbc {
namespace {

bool is_manifest(std::string_view type) {
  return type == kObjectProperty || type == kMetadataProperty;
}

/// Texts one after another so that no two lists give the same.
std::string joined(std::string_view kind, const std::vector<std::string>& texts) {
  std::string line{kind};
  for (const auto& text : texts) {
    fmt::format_to(std::back_inserter(line), ";{}:", text.size());
    line += text;
  }
  return line;
}

std::string digest_of(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return sha256_hex(joined({}, lines));
}

std::string identity_of(std::string_view image, std::vector<std::string> properties) {
  properties.push_back(joined("image", {std::string{image}}));
  return digest_of(std::move(properties));
}

}  // namespace

std::string bundle_identity(std::string_view image, const io::JsonValue& root) {
  std::vector<std::string> lines;
  const Fields blob{&root, "the blob", Names::any_case};
  for (const auto& property : blob.objects("properties")) {
    auto type = property.text("type");
    const auto* value = property.find_present("value");
    if (value == nullptr || is_manifest(type)) continue;
    lines.push_back(joined("property", {std::move(type), canonical_json(*value)}));
  }
  return identity_of(image, std::move(lines));
}

std::string bundle_identity(const BundleBlob& bundle) {
  std::vector<std::string> lines;
  for (const auto& property : bundle.properties) {
    if (is_manifest(property.type)) continue;
    lines.push_back(
        joined("property", {property.type, canonical_json(io::parse_json(property.value))}));
  }
  return identity_of(bundle.image, std::move(lines));
}

void PackageIdentity::add(const PackageFacts& package) {
  lines_.push_back(joined("package", {package.name, package.default_channel,
                                      package.has_description ? "described" : ""}));
}

void PackageIdentity::add(const Channel& channel) {
  lines_.push_back(joined("channel", {channel.name}));
  for (const auto& entry : channel.entries) {
    auto skips = entry.skips;
    std::sort(skips.begin(), skips.end());
    lines_.push_back(
        joined("entry", {channel.name, entry.name, entry.replaces, joined("skips", skips)}));
  }
}

void PackageIdentity::add(std::string_view bundle, std::string_view identity) {
  lines_.push_back(joined("bundle", {std::string{bundle}, std::string{identity}}));
}

std::string PackageIdentity::finish() {
  return digest_of(std::move(lines_));
}

std::string package_identity(const std::vector<Blob>& blobs) {
  PackageIdentity identity;
  for (const auto& blob : blobs) {
    if (const auto* package = std::get_if<Package>(&blob)) {
      identity.add(PackageFacts{.name = package->name,
                                .default_channel = package->default_channel,
                                .has_description = !package->description.empty(),
                                .where = {}});
    } else if (const auto* channel = std::get_if<Channel>(&blob)) {
      identity.add(*channel);
    } else if (const auto* bundle = std::get_if<BundleBlob>(&blob)) {
      identity.add(bundle->name, bundle_identity(*bundle));
    }
  }
  return identity.finish();
}

}  // namespace iib::catalog::fbc
