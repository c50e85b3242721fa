#pragma once

#include "iib/io/archive.hpp"

#include <string>

namespace iib::io {

/// The plain bytes of `source`, whatever it is compressed with: gzip, zstd, or nothing. Streams.
/// The source it gives throws UserError naming `subject` for damaged bytes, and what `source`
/// throws.
[[nodiscard]] ByteSource decompressed(std::string subject, ByteSource source);

}  // namespace iib::io
