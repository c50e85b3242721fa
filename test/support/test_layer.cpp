#include "test_layer.hpp"

#include "iib/base/files.hpp"
#include "iib/io/yaml.hpp"
#include "layer.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

LayerEntry::Kind kind_of(TarEntry::Type type) {
  switch (type) {
    case TarEntry::Type::file:
      return LayerEntry::Kind::file;
    case TarEntry::Type::directory:
      return LayerEntry::Kind::directory;
    case TarEntry::Type::symbolic_link:
      return LayerEntry::Kind::symbolic_link;
    case TarEntry::Type::hard_link:
      return LayerEntry::Kind::hard_link;
  }
  throw std::logic_error{"unknown type of entry"};
}

}  // namespace

Layer make_layer(const std::vector<TarEntry>& entries) {
  std::vector<LayerEntry> converted;
  for (const auto& entry : entries) {
    converted.push_back({entry.path, entry.content, kind_of(entry.type), entry.mode});
  }
  return {.tar = make_layer(converted, Compression::none),
          .compressed = make_layer(converted, Compression::gzip)};
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
