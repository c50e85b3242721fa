#include "iib/io/tar_reader.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "iib/io/layer_path.hpp"
#include "io/gzip_members.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace iib::io {
namespace {

constexpr std::size_t kBlockBytes = 128UL * 1024;

/// The first of both that is there: which one libarchive can give depends on the archive's flavour
/// and on the locale.
std::string text_of(const char* utf8, const char* bytes) {
  if (utf8 != nullptr) return utf8;
  return bytes != nullptr ? bytes : "";
}

TarEntry::Kind kind_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr || archive_entry_hardlink_utf8(entry) != nullptr) {
    return TarEntry::Kind::hard_link;
  }
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return TarEntry::Kind::file;
    case AE_IFDIR:
      return TarEntry::Kind::directory;
    case AE_IFLNK:
      return TarEntry::Kind::symbolic_link;
    default:
      return TarEntry::Kind::special;
  }
}

TarEntry describe(archive_entry* entry) {
  TarEntry described;
  described.kind = kind_of(entry);
  described.name = text_of(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry));
  if (described.kind == TarEntry::Kind::hard_link) {
    described.target = text_of(archive_entry_hardlink_utf8(entry), archive_entry_hardlink(entry));
  } else if (described.kind == TarEntry::Kind::symbolic_link) {
    described.target = text_of(archive_entry_symlink_utf8(entry), archive_entry_symlink(entry));
  }
  constexpr unsigned kPermissions = 0777;
  described.mode = static_cast<unsigned>(archive_entry_perm(entry)) & kPermissions;
  described.size = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
  return described;
}

}  // namespace

void refuse_entry(std::string_view subject, std::string_view name, std::string_view cause) {
  throw UserError{fmt::format("{}: its archive entry {} {}", subject, shown_name(name), cause)};
}

TarReader::TarReader(std::string subject, ByteSource source, Cancellation cancellation,
                     TarLimits limits)
    : subject_{std::move(subject)},
      source_{with_small_members_unpacked(subject_, std::move(source))},
      cancellation_{std::move(cancellation)},
      limits_{limits},
      raw_(kBlockBytes),
      block_(kBlockBytes),
      archive_{archive_read_new(), archive_read_free} {
  archive_read_support_filter_gzip(archive_.get());
  archive_read_support_filter_zstd(archive_.get());
  archive_read_support_format_tar(archive_.get());
  archive_read_support_format_empty(archive_.get());
  if (archive_read_open(archive_.get(), this, nullptr, provide, nullptr) != ARCHIVE_OK) fail();
}

TarReader::~TarReader() = default;

ssize_t TarReader::provide(archive* handle, void* self, const void** bytes) {
  auto& reader = *static_cast<TarReader*>(self);
  try {  // libarchive is C: nothing may be thrown through it
    reader.cancellation_.check("reading an image");
    *bytes = reader.raw_.data();
    return static_cast<ssize_t>(reader.source_(reader.raw_));
  } catch (...) {
    reader.source_failure_ = std::current_exception();
    archive_set_error(handle, EIO, "the source failed");
    return ARCHIVE_FATAL;
  }
}

void TarReader::fail() {
  if (source_failure_) std::rethrow_exception(source_failure_);
  const char* cause = archive_error_string(archive_.get());
  throw UserError{fmt::format("{}: one of its layers is no readable tar archive: {}", subject_,
                              one_line(cause == nullptr ? "unknown cause" : cause))};
}

std::optional<TarEntry> TarReader::next() {
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(archive_.get(), &entry);
  if (result == ARCHIVE_EOF && !source_failure_) return std::nullopt;
  // A warning is about attributes that we do not take, or a name that is not UTF-8.
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) fail();
  auto described = describe(entry);
  check_limits(described);
  return described;
}

void TarReader::check_limits(const TarEntry& entry) {
  if (++entries_ > limits_.entries) {
    refuse_entry(subject_, entry.name, "is one too many for a layer");
  }
  constexpr int kLastFilter = 0;  // what comes out of it are plain bytes
  const auto position = archive_filter_bytes(archive_.get(), kLastFilter);
  const auto behind = static_cast<std::uint64_t>(std::max<la_int64_t>(position, 0));
  if (behind > limits_.bytes || entry.size > limits_.bytes - behind) {
    refuse_entry(subject_, entry.name,
                 fmt::format("brings its layer above {} bytes", limits_.bytes));
  }
}

std::span<const char> TarReader::read() {
  const auto got = archive_read_data(archive_.get(), block_.data(), block_.size());
  if (got < 0) fail();
  return {block_.data(), static_cast<std::size_t>(got)};
}

}  // namespace iib::io
