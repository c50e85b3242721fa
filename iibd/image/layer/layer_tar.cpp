#include "image/layer/layer_tar.hpp"

#include "iib/base/error.hpp"
#include "iib/io/archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFolderMode = 0755;
/// What every base has, and what a container that is not root needs there.
constexpr std::string_view kSharedFolder = "tmp";
constexpr unsigned kSharedFolderMode = 01777;
/// OCI image-spec, "Whiteouts": an empty file called so removes what lies below it.
constexpr std::string_view kWhiteout = ".wh.";
constexpr unsigned kWhiteoutMode = 0644;

struct Entry {
  enum class Kind { folder, file, whiteout };
  Kind kind = Kind::folder;
  unsigned mode = kFolderMode;
  Owner owner{};
  const LayerFile* file = nullptr;  ///< Of a file.
};

/// `target` relative to the root of the image.
std::string path_of(const std::string& target) {
  const auto path = fs::path{target}.lexically_normal();
  auto relative = path.relative_path().string();
  const bool taken = relative.starts_with(kWhiteout) ||
                     relative.find(fmt::format("/{}", kWhiteout)) != std::string::npos;
  if (!path.is_absolute() || relative.empty() || relative.ends_with('/') || taken) {
    throw Error{fmt::format("a layer cannot tell of '{}'", target)};
  }
  return relative;
}

/// The entries of a layer by their paths.
using Entries = std::map<std::string, Entry, std::less<>>;

void add(Entries& entries, const std::string& target, const Entry& entry) {
  if (!entries.emplace(path_of(target), entry).second) {
    throw Error{fmt::format("a layer cannot have '{}' twice", target)};
  }
}

/// The folders on the way to `path`, the topmost first.
std::vector<std::string> folders_of(const std::string& path) {
  std::vector<std::string> folders;
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    folders.push_back(path.substr(0, slash));
  }
  return folders;
}

/// A whiteout beside what it is called after would hide it, or hide nothing, depending on who reads
/// the layer.
void require_absent(const Entries& entries, const std::string& path) {
  const auto folder = path + '/';
  const auto below = entries.lower_bound(folder);
  if (entries.contains(path) || (below != entries.end() && below->first.starts_with(folder))) {
    throw Error{fmt::format("a layer cannot both have and remove '/{}'", path)};
  }
}

/// What lies below something removed goes with it.
void add_whiteouts(Entries& entries, const std::vector<std::string>& targets) {
  std::set<std::string> removed;
  for (const auto& target : targets) removed.insert(path_of(target));
  for (const auto& path : removed) {
    require_absent(entries, path);
    const auto folders = folders_of(path);
    if (std::any_of(folders.begin(), folders.end(),
                    [&](const auto& folder) { return removed.contains(folder); })) {
      continue;
    }
    const auto name = path.rfind('/') + 1;  // 0 where there is no slash
    entries.emplace(fmt::format("{}{}{}", path.substr(0, name), kWhiteout, path.substr(name)),
                    Entry{.kind = Entry::Kind::whiteout, .mode = kWhiteoutMode});
  }
}

void add_folders(Entries& entries) {
  for (const auto& [path, entry] : entries) {  // a map bears additions meanwhile
    for (const auto& folder : folders_of(path)) {
      const auto mode = folder == kSharedFolder ? kSharedFolderMode : kFolderMode;
      const auto [place, added] = entries.emplace(folder, Entry{.mode = mode});
      if (place->second.kind != Entry::Kind::folder) {
        throw Error{fmt::format("a layer cannot have '/{}' below a file", path)};
      }
    }
  }
}

Entries arrange_entries(const ImageContent& content) {
  Entries entries;
  for (const auto& folder : content.directories) {
    add(entries, folder.target, {.mode = folder.mode, .owner = folder.owner});
  }
  for (const auto& file : content.files) {
    add(entries, file.target,
        {.kind = Entry::Kind::file, .mode = file.mode, .owner = file.owner, .file = &file});
  }
  add_whiteouts(entries, content.removed);
  add_folders(entries);
  return entries;
}

std::uint64_t size_of(const fs::path& source) {
  std::error_code error;
  const auto size = fs::file_size(source, error);
  if (error) {
    throw ExternalError{fmt::format("{} cannot be read: {}", source.string(), error.message()),
                        ExternalError::Retry::no};
  }
  return size;
}

void write_entry(io::TarWriter& tar, const std::string& path, const Entry& entry) {
  const io::TarOwner owner{.user = entry.owner.user, .group = entry.owner.group};
  switch (entry.kind) {
    case Entry::Kind::folder:
      tar.add_directory(path, entry.mode, owner);
      return;
    case Entry::Kind::file:
      tar.add_file(path, entry.mode, size_of(entry.file->source),
                   io::read_from_file(entry.file->source), owner);
      return;
    case Entry::Kind::whiteout:
      tar.add_file(path, entry.mode, 0, [](std::span<char>) { return std::size_t{0}; });
      return;
  }
}

}  // namespace

void write_layer_tar(const ImageContent& content, Timestamp modified, const io::ByteSink& sink) {
  const auto entries = arrange_entries(content);
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(modified.time_since_epoch());
  io::TarWriter tar{sink, seconds.count()};
  for (const auto& [path, entry] : entries) write_entry(tar, path, entry);
  tar.finish();
}

}  // namespace iib::image
