#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/io/archive.hpp"

#include <sys/types.h>

#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct archive;

namespace iib::io {

/// One entry of a tar archive, as written there.
struct TarEntry {
  enum class Kind { file, directory, symbolic_link, hard_link, special };
  Kind kind = Kind::file;
  std::string name;
  /// Of a link.
  std::string target;
};

/// Reads a tar archive, plain or compressed, entry by entry from a source. Throws UserError naming
/// `subject` when the archive is damaged.
class TarReader {
 public:
  TarReader(std::string subject, ByteSource source, Cancellation cancellation);
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;
  ~TarReader();

  /// The next entry, or nothing at the end.
  [[nodiscard]] std::optional<TarEntry> next();
  /// The next bytes of the present entry, valid until the next call; empty at its end.
  [[nodiscard]] std::span<const char> read();

 private:
  static ssize_t provide(archive* handle, void* self, const void** bytes);
  /// Throws what the source threw, or that the archive is damaged.
  [[noreturn]] void fail();

  std::string subject_;
  ByteSource source_;
  Cancellation cancellation_;
  std::vector<char> raw_;
  std::vector<char> block_;
  std::exception_ptr source_failure_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
};

}  // namespace iib::io
