#include "test_layer.hpp"

#include "iib/base/files.hpp"
#include "iib/io/yaml.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

la_ssize_t append(archive*, void* target, const void* bytes, std::size_t size) {
  static_cast<std::string*>(target)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void write_entry(archive* tar, const TarEntry& entry) {
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> header{archive_entry_new(),
                                                                             &archive_entry_free};
  archive_entry_set_pathname(header.get(), entry.path.c_str());
  archive_entry_set_perm(header.get(), 0755);
  archive_entry_set_mtime(header.get(), 0, 0);
  switch (entry.type) {
    case TarEntry::Type::file:
      archive_entry_set_filetype(header.get(), AE_IFREG);
      archive_entry_set_size(header.get(), static_cast<la_int64_t>(entry.content.size()));
      break;
    case TarEntry::Type::directory:
      archive_entry_set_filetype(header.get(), AE_IFDIR);
      break;
    case TarEntry::Type::symbolic_link:
      archive_entry_set_filetype(header.get(), AE_IFLNK);
      archive_entry_set_symlink(header.get(), entry.content.c_str());
      break;
    case TarEntry::Type::hard_link:
      archive_entry_set_filetype(header.get(), AE_IFREG);
      archive_entry_set_hardlink(header.get(), entry.content.c_str());
      break;
  }
  archive_write_header(tar, header.get());
  if (entry.type == TarEntry::Type::file) {
    archive_write_data(tar, entry.content.data(), entry.content.size());
  }
}

std::string write_tar(const std::vector<TarEntry>& entries, bool compress) {
  std::string bytes;
  const std::unique_ptr<archive, decltype(&archive_write_free)> tar{archive_write_new(),
                                                                    &archive_write_free};
  archive_write_set_format_pax_restricted(tar.get());
  if (compress) {
    archive_write_add_filter_gzip(tar.get());
    archive_write_set_filter_option(tar.get(), "gzip", "timestamp", nullptr);
  }
  archive_write_open(tar.get(), &bytes, nullptr, &append, nullptr);
  for (const auto& entry : entries) write_entry(tar.get(), entry);
  archive_write_close(tar.get());
  return bytes;
}

}  // namespace

Layer make_layer(const std::vector<TarEntry>& entries) {
  return {.tar = write_tar(entries, false), .compressed = write_tar(entries, true)};
}

std::map<std::string, std::string> read_layer(const std::string& compressed) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> tar{archive_read_new(),
                                                                   &archive_read_free};
  archive_read_support_format_tar(tar.get());
  archive_read_support_filter_all(tar.get());
  if (archive_read_open_memory(tar.get(), compressed.data(), compressed.size()) != ARCHIVE_OK) {
    throw std::runtime_error{"the layer is no archive"};
  }
  std::map<std::string, std::string> files;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(tar.get(), &entry) == ARCHIVE_OK) {
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    auto& content = files[archive_entry_pathname(entry)];
    std::array<char, 65536> buffer{};
    for (la_ssize_t got = 0;
         (got = archive_read_data(tar.get(), buffer.data(), buffer.size())) > 0;) {
      content.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  return files;
}

std::vector<TarEntry> tar_entries(const fs::path& directory) {
  std::map<std::string, TarEntry> sorted;
  for (const auto& entry : fs::recursive_directory_iterator{directory}) {
    const auto path = entry.path().lexically_relative(directory).string();
    if (entry.is_directory()) {
      sorted[path] = {.path = path, .content = {}, .type = TarEntry::Type::directory};
    } else {
      sorted[path] = {.path = path, .content = read_file(entry.path(), 64UL << 20U)};
    }
  }
  std::vector<TarEntry> entries;
  for (auto& [path, entry] : sorted) entries.push_back(std::move(entry));
  return entries;
}

TestImage bundle_image(const fs::path& directory) {
  TestImage image{.layers = {tar_entries(directory)}, .labels = {}};
  const auto file = directory / "metadata" / "annotations.yaml";
  const auto text = read_file(file, 1U << 20U);
  const auto document = io::parse_yaml(text);
  const auto* annotations = document.root().find("annotations");
  if (annotations == nullptr) return image;
  for (const auto& pair : annotations->pairs) {
    image.labels[std::string{pair.key->value}] = pair.value->value;
  }
  return image;
}

}  // namespace iib::test
