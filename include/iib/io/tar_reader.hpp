#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/io/archive.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct archive;

namespace iib::io {

/// One entry of a tar archive, as written there: names are bytes, of whatever encoding.
struct TarEntry {
  /// What it is; `special` is a device, a pipe or anything else.
  enum class Kind { file, directory, symbolic_link, hard_link, special };
  Kind kind = Kind::file;  ///< What it is.
  std::string name;        ///< Where it lies, unchecked.
  std::string target;      ///< Of a link.
  std::uint64_t size = 0;  ///< Bytes that it says it holds.
  unsigned mode = 0644;    ///< Permission bits, without setuid and the like.
};

/// What an archive may cost at most.
struct TarLimits {
  /// Entries, wanted or not. The largest layers known have some 300,000.
  std::size_t entries = 2'000'000;
  /// Bytes after decompression, headers included. What an entry says it holds counts at once, so
  /// that an archive that grows to 100 GB is refused before it does.
  std::uint64_t bytes = 16ULL << 30U;
};

/// Throws that the entry `name` of an archive of `subject` `cause`; what is not printable in the
/// name is escaped.
[[noreturn]] void refuse_entry(std::string_view subject, std::string_view name,
                               std::string_view cause);

/// Reads a tar archive, plain or compressed, entry by entry from a source. Throws UserError naming
/// `subject` when the archive is damaged or exceeds its limits.
class TarReader {
 public:
  /// Reads the begin of the archive; `source` is asked from this thread only.
  TarReader(std::string subject, ByteSource source, Cancellation cancellation,
            TarLimits limits = {});
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;
  ~TarReader();

  /// The next entry, or nothing at the end.
  [[nodiscard]] std::optional<TarEntry> next();
  /// The next bytes of the present entry, valid until the next call; empty at its end.
  [[nodiscard]] std::span<const char> read();

 private:
  static ssize_t provide(archive* handle, void* self, const void** bytes);
  void check_limits(const TarEntry& entry);
  /// Throws what the source threw, or that the archive is damaged.
  [[noreturn]] void fail();

  std::string subject_;
  ByteSource source_;
  Cancellation cancellation_;
  TarLimits limits_;
  std::size_t entries_ = 0;
  std::vector<char> raw_;
  std::vector<char> block_;
  std::exception_ptr source_failure_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
};

}  // namespace iib::io
