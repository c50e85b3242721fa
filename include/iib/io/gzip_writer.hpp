#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/io/tar_writer.hpp"

#include <memory>
#include <string_view>

namespace iib::io {

/// Compresses a stream with several threads: gzip (RFC 1952) in members of a fixed number of plain
/// bytes, each without a name and a time. The bytes depend on the input alone, not on the number of
/// threads, on the pieces it comes in, or on the CPU. Holds a few members in memory, never the
/// stream. Used by one thread.
class GzipWriter {
 public:
  /// Compresses with `threads` threads, at least one, besides the one that calls. `sink` is called
  /// by that one only.
  GzipWriter(ByteSink sink, unsigned threads, Cancellation cancellation);
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;
  ~GzipWriter();

  /// Adds `bytes`. Throws what the sink throws, and as Cancellation::check() does.
  void write(std::string_view bytes);
  /// Writes what is left. Nothing may be written after it. Without it the stream is incomplete.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iib::io
