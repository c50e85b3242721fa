#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iib::catalog {

/// An API of a bundle (catalog-sqlite 4.1).
struct Api {
  std::string group;
  std::string version;
  std::string kind;
  std::string plural;
  friend auto operator<=>(const Api&, const Api&) = default;
};

/// An entry of a list of dependencies or properties. The value is JSON text; nothing when the entry
/// had none.
struct TypedValue {
  std::string type;
  std::optional<std::string> value;
  friend auto operator<=>(const TypedValue&, const TypedValue&) = default;
};

/// What the edges of an update graph are made of.
struct Edges {
  std::string replaces;
  std::vector<std::string> skips;
};

/// Where the payloads of a bundle lie in the scratch file of its call (payload_spool.hpp).
struct SpooledPayloads {
  std::int64_t offset = 0;
  std::size_t csv_bytes = 0;
  std::size_t objects_bytes = 0;
};

/// A bundle as read from its files: everything that its rows are made of. Lists that stand for sets
/// are sorted and without duplicates.
struct Bundle {
  std::string name;
  /// Empty when the bundle has none; not checked to be a semantic version.
  std::string version;
  std::string pull_spec;
  std::string package;
  std::vector<std::string> channels;
  std::string default_channel;
  Edges edges;
  std::string skip_range;
  std::string substitutes_for;
  /// The ClusterServiceVersion as JSON and a line feed (3.7).
  std::string csv;
  /// Every manifest as JSON and a line feed, in the order of their files.
  std::string objects;
  /// Where both are while they are not here.
  std::optional<SpooledPayloads> spooled;
  std::vector<Api> provided;
  std::vector<Api> required;
  /// In the order of catalog-sqlite 4.2, duplicates kept.
  std::vector<TypedValue> dependencies;
  std::vector<TypedValue> properties;
  std::vector<std::string> related_images;
};

}  // namespace iib::catalog
