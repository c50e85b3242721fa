#pragma once

#include "catalog/fbc/blobs.hpp"
#include "iib/catalog/fbc_render.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog::fbc {

/// Where a blob comes in a catalog (catalog-fbc 1.5): by package, and within one by kind and name;
/// of equal ones in the order loaded. Refers to the blob.
struct Rank {
  bool last = false;  ///< Blobs of other schemas without package come after all packages.
  std::string_view package;
  int kind = 0;
  std::string_view name;  ///< Of other blobs the schema.

  friend bool operator<(const Rank& a, const Rank& b);
};
[[nodiscard]] Rank rank_of(const Blob& blob);

/// Whether a blob ranked so is written at all: typed ones without package are not.
[[nodiscard]] inline bool is_written(const Rank& rank) {
  return rank.last || !rank.package.empty();
}

/// Puts `blobs` into the order of catalog-fbc 1.5: by package, and within one by kind and name.
/// Typed blobs without package go, as in the reference; other blobs without one come last.
void order_blobs(std::vector<Blob>& blobs);

/// `blob` as one JSON value on one line, typed ones with the keys of 1.3.
[[nodiscard]] std::string one_line(const Blob& blob);

/// `blob` as a file holds it: of JSON 4 blanks for each level and a line feed at the end, of YAML a
/// document with sorted keys and its separator. Values must have been kept. JSON keeps the spelling
/// of values.
[[nodiscard]] std::string to_text(const Blob& blob, Format format);

}  // namespace iib::catalog::fbc
