#pragma once

#include "yaml_edit_source.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace iib::io::edit {

/// A piece of a string's text (unescaped) and what takes its place.
struct Piece {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string by;
};

/// Bytes of a text and what takes their place.
struct Splice {
  Span span;
  std::string by;
  bool ends_value = false;  ///< Whether a value ends with it.
};

/// A scalar read anew, with the bytes of the source that each byte of its text came from.
struct Decoded {
  std::string value;
  std::vector<Span> bytes;  ///< One for each byte of `value`.
};

/// What a plain or quoted scalar written as `source` (quotes included) says.
[[nodiscard]] Decoded decode_flow_scalar(std::string_view source, ScalarStyle style);

/// What a literal or folded scalar says whose lines are indented by `indent`; `source` begins with
/// its indicator.
[[nodiscard]] Decoded decode_block_scalar(std::string_view source, ScalarStyle style,
                                          std::size_t indent);

/// `text` with `pieces`, which are in order, replaced.
[[nodiscard]] std::string with_pieces(std::string_view text, const std::vector<Piece>& pieces);

/// The splices that replace `pieces` (in order, at least one) of the scalar `node`, which is a
/// string. Its style stays unless it cannot hold the text; then it gets double quotes.
[[nodiscard]] std::vector<Splice> change_scalar(const Source& source, const YamlNode& node,
                                                const std::vector<Piece>& pieces, bool flow);

}  // namespace iib::io::edit
