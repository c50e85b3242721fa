#include "iib/io/zip_file.hpp"

#include "iib/base/error.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace iib::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadBytes = 64UL * 1024;

using Archive = std::unique_ptr<archive, decltype(&archive_write_free)>;

[[noreturn]] void fail(const fs::path& path, std::string_view cause) {
  throw ExternalError{fmt::format("{} cannot be written: {}", path.string(), cause),
                      ExternalError::Retry::no};
}

[[noreturn]] void fail(const fs::path& path, archive* zip) {
  const char* cause = archive_error_string(zip);
  fail(path, cause == nullptr ? "unknown cause" : cause);
}

std::vector<fs::path> files_below(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry{directory, error}, end; !error && entry != end;
       entry.increment(error)) {
    if (entry->symlink_status().type() == fs::file_type::regular) files.push_back(entry->path());
  }
  if (error) {
    throw ExternalError{
        fmt::format("directory {} cannot be read: {}", directory.string(), error.message()),
        ExternalError::Retry::no};
  }
  std::sort(files.begin(), files.end());
  return files;
}

void write_data(const Archive& zip, const fs::path& source, const fs::path& file) {
  std::ifstream input{source, std::ios::binary};
  std::vector<char> buffer(kReadBytes);
  while (input) {
    input.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto got = static_cast<std::size_t>(input.gcount());
    if (got > 0 && archive_write_data(zip.get(), buffer.data(), got) < 0) fail(file, zip.get());
  }
  if (!input.eof()) {
    throw ExternalError{fmt::format("{} cannot be read", source.string()),
                        ExternalError::Retry::no};
  }
}

void write_entry(const Archive& zip, const fs::path& source, const fs::path& name,
                 const fs::path& file) {
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry{archive_entry_new(),
                                                                            archive_entry_free};
  archive_entry_set_pathname_utf8(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(fs::file_size(source)));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), 315532800, 0);  // 1980: where the format's time begins
  if (archive_write_header(zip.get(), entry.get()) != ARCHIVE_OK) fail(file, zip.get());
  write_data(zip, source, file);
}

void write_archive(const fs::path& directory, const fs::path& file) {
  const Archive zip{archive_write_new(), archive_write_free};
  archive_write_set_format_zip(zip.get());
  archive_write_set_bytes_in_last_block(zip.get(), 1);
  if (archive_write_open_filename(zip.get(), file.c_str()) != ARCHIVE_OK) fail(file, zip.get());
  for (const auto& source : files_below(directory)) {
    write_entry(zip, source, source.lexically_relative(directory), file);
  }
  if (archive_write_close(zip.get()) != ARCHIVE_OK) fail(file, zip.get());
}

}  // namespace

void write_zip(const fs::path& directory, const fs::path& file) {
  try {
    write_archive(directory, file);
  } catch (const Error&) {
    std::error_code ignored;  // the first failure is the one to tell
    fs::remove(file, ignored);
    throw;
  }
}

}  // namespace iib::io
