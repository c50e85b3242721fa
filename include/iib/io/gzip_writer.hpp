#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/io/tar_writer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iib::io {

/// A member of a stream of GzipWriter.
struct GzipMember {
  std::string plain_sha256;   ///< Of what it was made of, 64 hex digits.
  std::string packed_sha256;  ///< Of itself.
  std::uint64_t offset = 0;   ///< Where it begins in the stream.
  std::size_t bytes = 0;      ///< Its length in the stream.
};

/// A member that was packed before, in the buffer of who asked for it.
struct FoundMember {
  std::size_t bytes = 0;      ///< 0: there is none.
  std::string packed_sha256;  ///< Of the member, verified, 64 hex digits.
};

/// Looks for a member that a GzipWriter of this program made of plain bytes with this SHA-256 (hex)
/// and fills the buffer with it, unchanged. Called by several threads at once; must not throw.
using FindMember = std::function<FoundMember(const std::string& plain_sha256, std::span<char>)>;

/// Compresses a stream with several threads: gzip (RFC 1952) in members of a fixed number of plain
/// bytes, each without a name and a time. The bytes depend on the input alone, not on the number of
/// threads, on the pieces it comes in, or on the CPU. Holds a few members in memory, never the
/// stream. Used by one thread.
class GzipWriter {
 public:
  /// Compresses with `threads` threads, at least one, besides the one that calls. `sink` is called
  /// by that one only.
  /// With `find` what was packed once is not packed again; the bytes are the same without.
  GzipWriter(ByteSink sink, unsigned threads, Cancellation cancellation, FindMember find = {});
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;
  ~GzipWriter();

  /// Adds `bytes`. Throws what the sink throws, and as Cancellation::check() does.
  void write(std::string_view bytes);
  /// Writes what is left. Nothing may be written after it. Without it the stream is incomplete.
  void finish();
  /// The members of the stream, once it is finished; none without a `find`.
  [[nodiscard]] std::vector<GzipMember> take_members();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::io
