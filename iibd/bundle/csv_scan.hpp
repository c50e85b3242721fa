#pragma once

#include "iib/bundle/bundle_files.hpp"
#include "iib/bundle/image_name.hpp"
#include "iib/io/yaml.hpp"
#include "iib/io/yaml_edit.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace iib::bundle {

/// What an entry is, in the order in which entries are listed (bundle-regeneration 4).
enum class EntryKind {
  related_image,
  known_annotation,
  container,
  init_container,
  variable,
  guessed_annotation,
};

/// One place of a CSV file that holds a pull specification under a name.
struct Entry {
  EntryKind kind = EntryKind::container;
  std::string origin;      ///< Such as `container manager`.
  std::string name;        ///< As section 4 makes it.
  std::string text;        ///< The pull specification as written.
  ImageName image;         ///< The same, parsed.
  io::YamlPath place;      ///< Of the string that holds it.
  std::size_t offset = 0;  ///< Of the pull specification in that string.
};

/// A manifest with its text and what that text means.
struct Manifest {
  std::string path;  ///< Relative to the manifests directory.
  std::string text;
  io::YamlDocument document;  ///< Of another file than a CSV: null, whatever the text says.
  bool is_csv = false;        ///< Of kind ClusterServiceVersion.
};

/// Parses `file`: exactly one document, no duplicate keys; no document at all is fine. A CSV's
/// depth and texts are bounded with all aliases followed. Throws Refusal{invalid_yaml}, or
/// {malformed_csv} for an exceeded bound, naming file, line and column.
[[nodiscard]] Manifest parse_manifest(TextFile file);

/// The text of `node` when it is a string by the core schema of YAML 1.2 (section 2); else null.
[[nodiscard]] const io::YamlNode* as_string(const io::YamlNode* node);

/// Every entry of `csv`, a CSV, in order. Throws Refusal{malformed_csv} or
/// {related_image_env_value_from} naming file, place and remedy.
[[nodiscard]] std::vector<Entry> find_entries(const Manifest& csv);

/// Whether `spec.relatedImages` is a list that is not empty (section 7).
[[nodiscard]] bool has_related_images(const Manifest& csv);

/// A pull specification in free text.
struct FoundText {
  std::size_t offset = 0;
  std::string_view text;  ///< Lies in the text that was searched.
};

/// Every pull specification in `text`, from left to right (section 5).
[[nodiscard]] std::vector<FoundText> find_in_text(std::string_view text);

}  // namespace iib::bundle
