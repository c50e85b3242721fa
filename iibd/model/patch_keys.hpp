#pragma once

#include "iib/model/document.hpp"

#include <span>
#include <string_view>

namespace iib::model {

/// What the value of a PATCH's key must be (rest-api 5.3).
enum class PatchRule {
  text,         ///< A non-empty string.
  image,        ///< A pull specification.
  images,       ///< An array of pull specifications.
  names,        ///< An array of non-empty strings.
  mapping,      ///< An object of arrays of pull specifications.
  text_map,     ///< An object of strings.
  object_text,  ///< A string that holds the JSON text of an object.
  scope,        ///< A distribution scope, in any case.
};

/// One row of the table of mutable keys (rest-api 5.2). For a type in neither set the key is
/// refused.
struct PatchKey {
  std::string_view name;      ///< The key in the body.
  PatchRule rule;             ///< What its value must be.
  TypeSet stored;             ///< Types for which the value is kept.
  TypeSet ignored;            ///< Types for which it is checked and has no effect.
  TextFact member = nullptr;  ///< Where texts are kept; null for what is no single text.
};

/// The table of mutable keys.
[[nodiscard]] std::span<const PatchKey> patch_keys();

}  // namespace iib::model
