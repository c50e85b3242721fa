#pragma once

#include "iib/io/json.hpp"

#include <string>
#include <string_view>

namespace iib::catalog {

/// What a file is written in. It decides how numbers in place of strings are taken (3.8) and
/// whether the text of values is kept (4.2).
enum class Notation { yaml, json };

/// The first document of a file in `manifests/` or `metadata/` (catalog-sqlite 3.3).
struct FileDocument {
  Notation notation = Notation::yaml;
  io::JsonDocument root;
  /// The text of the document; of JSON valid and UTF-8.
  std::string text;
  /// Whether other documents follow, which nobody reads.
  bool more_follow = false;
};

/// Reads the first document of `text` as the tools around Kubernetes do: YAML 1.1, or JSON if the
/// first character is `{`. Mappings come out with string keys, merged, aliases expanded (3.4, 3.5).
/// Throws UserError with the place and the cause; `name` names the file in it.
[[nodiscard]] FileDocument read_file_document(std::string_view text, const std::string& name);

}  // namespace iib::catalog
