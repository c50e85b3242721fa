#pragma once

#include "catalog/fbc/blobs.hpp"

#include <string>
#include <vector>

namespace iib::catalog::fbc {

/// What a catalog is written in.
enum class Format { json, yaml };

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
