#include "iib/task/kept_catalogs.hpp"

#include "iib/base/error.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace iib::task {
namespace {

namespace fs = std::filesystem;

/// A catalog and the directory that it lies in, removed with it.
struct Held {
  explicit Held(const fs::path& parent) : directory{parent, "catalog-"} {}

  TempDir directory;
  UnpackedCatalog catalog{};
};

/// Bytes of the files below `path`, or of that file.
std::uint64_t bytes_of(const fs::path& path) {
  if (path.empty()) return 0;
  if (fs::is_regular_file(path)) return fs::file_size(path);
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator{path}) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

/// Moves what is at `path`, if anything, into `directory`.
void move_into(const fs::path& directory, const char* name, fs::path& path) {
  if (path.empty()) return;
  fs::rename(path, directory / name);
  path = directory / name;
}

}  // namespace

KeptCatalogs::KeptCatalogs(fs::path directory, std::uint64_t most_bytes)
    : directory_{std::move(directory)}, most_bytes_{most_bytes} {}

std::shared_ptr<const UnpackedCatalog> KeptCatalogs::find(const std::string& digest) {
  return kept_.with([&](auto& kept) -> std::shared_ptr<const UnpackedCatalog> {
    const auto found =
        std::ranges::find_if(kept, [&](const Kept& each) { return each.digests.contains(digest); });
    if (found == kept.end()) return nullptr;
    kept.splice(kept.begin(), kept, found);
    return kept.front().catalog;
  });
}

void KeptCatalogs::keep(std::set<std::string> digests, UnpackedCatalog catalog, const Log& log) {
  try {
    const auto bytes =
        bytes_of(catalog.root) + bytes_of(catalog.cache) + bytes_of(catalog.database);
    if (bytes > most_bytes_) return;
    const auto held = std::make_shared<Held>(directory_);
    const auto& place = held->directory.path();
    move_into(place, "root", catalog.root);
    move_into(place, "cache", catalog.cache);
    move_into(place, "database", catalog.database);
    held->catalog = std::move(catalog);
    add({std::move(digests), bytes, {held, &held->catalog}});
  } catch (const std::exception& error) {
    log.debug("the catalog is not kept for the next request: {}", error.what());
  }
}

void KeptCatalogs::drop_all() {
  std::list<Kept> dropped;  // removed without the lock
  kept_.with([&](auto& all) { dropped.swap(all); });
}

void KeptCatalogs::add(Kept kept) {
  std::list<Kept> dropped;  // removed without the lock
  kept_.with([&](auto& all) {
    const auto is_same = [&](const Kept& each) {
      return each.digests.contains(*kept.digests.begin());
    };
    const auto known = std::ranges::find_if(all, is_same);
    if (known != all.end()) dropped.splice(dropped.end(), all, known);
    all.push_front(std::move(kept));
    std::uint64_t bytes = 0;
    std::size_t count = 0;
    const auto first_beyond = std::ranges::find_if(all, [&](const Kept& each) {
      bytes += each.bytes;
      return bytes > most_bytes_ || ++count > kMost;
    });
    dropped.splice(dropped.end(), all, first_beyond, all.end());
  });
}

}  // namespace iib::task
