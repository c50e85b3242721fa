#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iib::catalog::fbc {

constexpr std::string_view kPackageSchema = "olm.package";
constexpr std::string_view kChannelSchema = "olm.channel";
constexpr std::string_view kBundleSchema = "olm.bundle";
constexpr std::string_view kDeprecationsSchema = "olm.deprecations";

constexpr std::string_view kPackageProperty = "olm.package";
constexpr std::string_view kObjectProperty = "olm.bundle.object";
constexpr std::string_view kMetadataProperty = "olm.csv.metadata";

/// A property (catalog-fbc 1.4). The value is JSON text as written, or of YAML with sorted keys;
/// empty where values were not asked for.
struct Property {
  std::string type;
  std::string value;
  friend bool operator==(const Property&, const Property&) = default;
};

struct Icon {
  std::string base64data;
  std::string mediatype;
  friend bool operator==(const Icon&, const Icon&) = default;
};

/// A blob `olm.package` (1.3).
struct Package {
  std::string name;
  std::string default_channel;
  std::optional<Icon> icon;
  std::string description;
  std::vector<Property> properties;
};

struct ChannelEntry {
  std::string name;
  std::string replaces;
  std::vector<std::string> skips;
  std::string skip_range;
};

/// A blob `olm.channel` (1.3).
struct Channel {
  std::string name;
  std::string package;
  std::vector<ChannelEntry> entries;
  std::vector<Property> properties;
};

struct RelatedImage {
  std::string name;
  std::string image;
  friend bool operator==(const RelatedImage&, const RelatedImage&) = default;
};

/// A blob `olm.bundle` (1.3).
struct BundleBlob {
  std::string name;
  std::string package;
  std::string image;
  std::vector<Property> properties;
  std::vector<RelatedImage> related_images;
};

struct Deprecation {
  /// `olm.package`, `olm.channel` or `olm.bundle`.
  std::string schema;
  /// Of the channel or bundle; a package has none.
  std::string name;
  std::string message;
};

/// A blob `olm.deprecations` (1.3).
struct Deprecations {
  std::string package;
  std::vector<Deprecation> entries;
};

/// A blob of any other schema. The text is JSON as written, empty where values were not asked for.
struct Meta {
  std::string schema;
  std::string package;
  std::string text;
};

using Blob = std::variant<Package, Channel, BundleBlob, Deprecations, Meta>;

}  // namespace iib::catalog::fbc
