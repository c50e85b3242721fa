#pragma once

#include "iib/io/archive.hpp"

#include <string>

namespace iib::io {

/// The bytes of `source`, unpacked as long as they are gzip in members of at most 512 KiB, which
/// GzipWriter makes and libdeflate unpacks at three times the speed of zlib. Anything else comes
/// through: from the beginning as it is, for a reader that knows compressions; from a later member
/// on unpacked. What is damaged so, too. Throws what `source` throws, and like decompressed().
[[nodiscard]] ByteSource with_small_members_unpacked(std::string subject, ByteSource source);

}  // namespace iib::io
