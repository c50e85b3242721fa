#include "iib/io/decompress.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace iib::io {
namespace {

constexpr std::size_t kBlockBytes = 128UL * 1024;

class Decompressor {
 public:
  Decompressor(std::string subject, ByteSource source)
      : subject_{std::move(subject)},
        source_{std::move(source)},
        raw_(kBlockBytes),
        archive_{archive_read_new(), archive_read_free} {
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_filter_zstd(archive_.get());
    archive_read_support_format_raw(archive_.get());
    archive_read_support_format_empty(archive_.get());
    archive_entry* entry = nullptr;
    if (archive_read_open(archive_.get(), this, nullptr, provide, nullptr) != ARCHIVE_OK) fail();
    const int found = archive_read_next_header(archive_.get(), &entry);
    if (found != ARCHIVE_OK && found != ARCHIVE_EOF) fail();
    ended_ = found == ARCHIVE_EOF;
  }

  std::size_t read(std::span<char> buffer) {
    if (ended_) return 0;
    const auto got = archive_read_data(archive_.get(), buffer.data(), buffer.size());
    if (got < 0) fail();
    return static_cast<std::size_t>(got);
  }

 private:
  static la_ssize_t provide(archive* handle, void* self, const void** bytes) {
    auto& our = *static_cast<Decompressor*>(self);
    try {
      *bytes = our.raw_.data();
      return static_cast<la_ssize_t>(our.source_(our.raw_));
    } catch (...) {  // must not pass through a C library
      our.source_failure_ = std::current_exception();
      archive_set_error(handle, -1, "the source failed");
      return -1;
    }
  }

  [[noreturn]] void fail() {
    if (source_failure_) std::rethrow_exception(source_failure_);
    const char* cause = archive_error_string(archive_.get());
    throw UserError{fmt::format("{} is damaged: {}", subject_,
                                one_line(cause == nullptr ? "it cannot be unpacked" : cause))};
  }

  std::string subject_;
  ByteSource source_;
  std::vector<char> raw_;
  std::exception_ptr source_failure_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
  bool ended_ = false;
};

}  // namespace

ByteSource decompressed(std::string subject, ByteSource source) {
  const auto decompressor = std::make_shared<Decompressor>(std::move(subject), std::move(source));
  return [decompressor](std::span<char> buffer) { return decompressor->read(buffer); };
}

}  // namespace iib::io
