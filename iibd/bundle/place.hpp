#pragma once

#include "iib/bundle/refusal.hpp"
#include "iib/io/yaml.hpp"
#include "iib/io/yaml_edit.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::bundle {

/// A file of the manifests directory as errors call it.
[[nodiscard]] std::string manifest_name(std::string_view path);

/// A text of the bundle as errors show it: on one line and of bounded length.
[[nodiscard]] std::string shown(std::string_view text);

/// The value of `key` in `node` as a reader of values sees it, merge keys followed; null when there
/// is none, or it is YAML's null: both are the same to us (bundle-regeneration 2).
[[nodiscard]] const io::YamlNode* member(const io::YamlNode& node, std::string_view key);

/// What a node is, for errors: `a list`, `a map`, `a text`, `null` or `a number or truth value`.
[[nodiscard]] std::string_view kind_name(const io::YamlNode& node);

/// A node of a document, and the way to it.
struct Place {
  const io::YamlNode* node = nullptr;  ///< What is there.
  io::YamlPath path;                   ///< How to get there.

  /// What is under `key` here; without a node when there is nothing, or null.
  [[nodiscard]] Place member(std::string_view key) const;
  /// The elements of the list that is here, without those that are null.
  [[nodiscard]] std::vector<Place> elements() const;
};

/// Why `place` of the manifest `file` is refused: file, line and place, then `problem`.
[[nodiscard]] Refusal refusal_at(RefusalCode code, std::string_view file, const Place& place,
                                 std::string_view problem);

}  // namespace iib::bundle
