#pragma once

#include "iib/io/archive.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace iib::io {

/// Where a writer's bytes go, piece by piece. What it throws comes out of the writer.
using ByteSink = std::function<void(std::string_view)>;

/// Who owns an entry, by number.
struct TarOwner {
  std::uint32_t user = 0;   ///< 0: root.
  std::uint32_t group = 0;  ///< 0: root's.
};

/// Writes a tar archive (POSIX.1-2001, `ustar` with PAX records only where a field is too small)
/// entry by entry: owners without names, one time for all entries, nothing of the host. Equal
/// calls give equal bytes. Streams: no file is held in memory. Not shared between threads.
class TarWriter {
 public:
  /// `modified`, in seconds since 1970, is the time of every entry.
  TarWriter(ByteSink sink, std::int64_t modified);

  /// Adds the folder `path`, relative and without a slash at its end.
  void add_directory(std::string_view path, unsigned mode, TarOwner owner = {});
  /// Adds the file `path`, relative, with the `size` bytes that `content` gives. Throws
  /// ExternalError naming `path` when they are more or fewer.
  void add_file(std::string_view path, unsigned mode, std::uint64_t size, const ByteSource& content,
                TarOwner owner = {});
  /// Writes the end of the archive. Nothing may be added after it.
  void finish();

 private:
  void write_header(std::string_view path, unsigned mode, TarOwner owner, std::uint64_t size,
                    char kind);
  void write_records(std::string_view records);
  void pad(std::uint64_t written);

  ByteSink sink_;
  std::int64_t modified_;
};

}  // namespace iib::io
