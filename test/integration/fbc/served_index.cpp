#include "served_index.hpp"

#include "iib/io/archive.hpp"
#include "iib/io/tar_reader.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr auto kDatabase = "var/lib/iib/_hidden/do.not.edit.db";
constexpr std::size_t kLargestFile = 256UL << 20U;

io::ByteSource bytes_of(std::string text) {
  return [text = std::make_shared<const std::string>(std::move(text)),
          at = std::size_t{0}](std::span<char> buffer) mutable {
    const auto count = std::min(buffer.size(), text->size() - at);
    std::memcpy(buffer.data(), text->data() + at, count);
    at += count;
    return count;
  };
}

std::string without_slashes(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (path.starts_with('/')) path.erase(0, 1);
  while (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

ServedIndex::ServedIndex(const Registry& registry, const std::string& pull_spec, std::size_t number)
    : directory_{fs::temp_directory_path(), "served-"} {
  auto index = read_index(registry, pull_spec);
  image_ = std::move(index.images.at(number));
  apply(registry, index.repository);
}

void ServedIndex::apply(const Registry& registry, const std::string& repository) {
  const std::vector<std::string> wanted{"configs", "tmp/cache", kDatabase};
  io::LayerExtractor extractor{"the index", wanted, directory_.path()};
  for (std::size_t i = 0; i < image_.layers.size(); ++i) {
    const auto layer = registry.blob(repository, image_.layers[i]);
    extractor.apply(bytes_of(layer), {});
    note(layer, i + 1 == image_.layers.size());
  }
  extractor.finish();
}

void ServedIndex::note(const std::string& layer, bool top) {
  io::TarReader tar{"the layer", bytes_of(layer), {}};
  while (const auto entry = tar.next()) {
    const auto path = without_slashes(entry->name);
    modes_[path] = entry->mode;
    if (top && entry->kind != io::TarEntry::Kind::directory) top_paths_.push_back(path);
  }
  std::sort(top_paths_.begin(), top_paths_.end());
}

fs::path ServedIndex::database() const {
  return directory_.path() / kDatabase;
}

void ServedIndex::apply_modes() const {
  for (const auto& [path, mode] : modes_) {
    const auto file = directory_.path() / path;
    if (fs::exists(fs::symlink_status(file))) fs::permissions(file, static_cast<fs::perms>(mode));
  }
}

catalog::fbc::CacheCheck ServedIndex::check() const {
  catalog::fbc::RootModes modes;
  const auto note_mode = [&](const fs::path& path, const std::string& relative) {
    modes.exceptions[relative] = modes_.at(path.lexically_relative(directory_.path()).string());
  };
  note_mode(root(), ".");
  for (const auto& entry : fs::recursive_directory_iterator{root()}) {
    note_mode(entry.path(), entry.path().lexically_relative(root()).string());
  }
  for (const auto& entry : fs::recursive_directory_iterator{cache()}) {
    const auto expected =
        entry.is_directory() ? catalog::fbc::kCacheDirectoryMode : catalog::fbc::kCacheFileMode;
    if (modes_.at(entry.path().lexically_relative(directory_.path()).string()) != expected) {
      throw std::runtime_error{entry.path().string() + " has another mode than a cache's"};
    }
  }
  return catalog::fbc::check_cache(root(), cache(), modes);
}

std::vector<std::string> ServedIndex::files() const {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator{root()}) {
    if (!entry.is_directory()) files.push_back(entry.path().lexically_relative(root()).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ServedIndex::read(const std::string& file) const {
  return read_file(root() / file, kLargestFile);
}

std::vector<std::string> ServedIndex::database_bundles() const {
  SQLite::Database file{database().string()};
  SQLite::Statement statement{file, "SELECT name FROM operatorbundle ORDER BY name"};
  std::vector<std::string> names;
  while (statement.executeStep()) names.push_back(statement.getColumn(0).getString());
  return names;
}

}  // namespace iib::test
