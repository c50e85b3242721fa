#include "layer.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>

namespace iib::test {
namespace {

using Archive = std::unique_ptr<archive, int (*)(archive*)>;
using Entry = std::unique_ptr<archive_entry, void (*)(archive_entry*)>;

void check(const Archive& archive, la_ssize_t result) {
  if (result < ARCHIVE_WARN) throw std::runtime_error{archive_error_string(archive.get())};
}

la_ssize_t append(archive*, void* bytes, const void* buffer, std::size_t size) {
  static_cast<std::string*>(bytes)->append(static_cast<const char*>(buffer), size);
  return static_cast<la_ssize_t>(size);
}

void set_kind(archive_entry* header, const LayerEntry& entry) {
  switch (entry.kind) {
    case LayerEntry::Kind::file:
      archive_entry_set_filetype(header, AE_IFREG);
      archive_entry_set_size(header, static_cast<la_int64_t>(entry.content.size()));
      return;
    case LayerEntry::Kind::directory:
      archive_entry_set_filetype(header, AE_IFDIR);
      // Of a directory nobody means the mode that entries have unless they say more.
      if (entry.mode == LayerEntry{}.mode) archive_entry_set_perm(header, 0755);
      return;
    case LayerEntry::Kind::symbolic_link:
      archive_entry_set_filetype(header, AE_IFLNK);
      archive_entry_set_symlink(header, entry.content.c_str());
      return;
    case LayerEntry::Kind::hard_link:
      archive_entry_set_filetype(header, AE_IFREG);
      archive_entry_set_hardlink(header, entry.content.c_str());
      return;
    case LayerEntry::Kind::device:
      archive_entry_set_filetype(header, AE_IFCHR);
      archive_entry_set_rdevmajor(header, 1);
      archive_entry_set_rdevminor(header, 3);
      return;
  }
}

void write_entry(const Archive& archive, const LayerEntry& entry) {
  const Entry header{archive_entry_new(), archive_entry_free};
  archive_entry_set_pathname(header.get(), entry.name.c_str());
  archive_entry_set_perm(header.get(), static_cast<mode_t>(entry.mode));
  archive_entry_set_mtime(header.get(), 0, 0);
  set_kind(header.get(), entry);
  check(archive, archive_write_header(archive.get(), header.get()));
  if (entry.kind != LayerEntry::Kind::file) return;
  check(archive, archive_write_data(archive.get(), entry.content.data(), entry.content.size()));
}

}  // namespace

std::string make_layer(const std::vector<LayerEntry>& entries, Compression compression) {
  std::string bytes;
  const Archive archive{archive_write_new(), archive_write_free};
  check(archive, archive_write_set_format_pax_restricted(archive.get()));
  switch (compression) {
    case Compression::none:
      break;
    case Compression::gzip:
      check(archive, archive_write_add_filter_gzip(archive.get()));
      // Without, gzip's header holds the time of writing.
      check(archive, archive_write_set_filter_option(archive.get(), "gzip", "timestamp", nullptr));
      break;
    case Compression::zstd:
      check(archive, archive_write_add_filter_zstd(archive.get()));
      break;
  }
  // No padding: zstd refuses zeros behind its end.
  check(archive, archive_write_set_bytes_in_last_block(archive.get(), 1));
  check(archive, archive_write_open2(archive.get(), &bytes, nullptr, append, nullptr, nullptr));
  for (const auto& entry : entries) write_entry(archive, entry);
  check(archive, archive_write_close(archive.get()));
  return bytes;
}

}  // namespace iib::test
