#pragma once

#include <string>
#include <vector>

namespace iib::test {

/// One entry of a layer made for a test, however evil.
struct LayerEntry {
  enum class Kind { file, directory, symbolic_link, hard_link, device };
  std::string name;
  /// Of a file its content, of a link its target.
  std::string content;
  Kind kind = Kind::file;
  unsigned mode = 0644;  ///< Of a file.
};

enum class Compression { none, gzip, zstd };

/// The bytes of a tar archive with these entries in this order; equal for equal entries.
std::string make_layer(const std::vector<LayerEntry>& entries,
                       Compression compression = Compression::gzip);

}  // namespace iib::test
