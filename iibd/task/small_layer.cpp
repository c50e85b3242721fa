#include "small_layer.hpp"

#include "iib/base/error.hpp"
#include "image_tree.hpp"
#include "layer_base.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

namespace iib::task {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

bool holds(const std::vector<std::string>& sorted, const std::string& path) {
  return std::binary_search(sorted.begin(), sorted.end(), path);
}

/// About the bytes of the files that an image has for a catalog of `root` bytes with `database`
/// (empty: none). Its serve cache, which is not made yet, holds about what the catalog holds.
std::uint64_t bytes_in_image(std::uint64_t root, const fs::path& database) {
  std::error_code error;
  const auto bytes = database.empty() ? 0 : fs::file_size(database, error);
  return 2 * root + (error ? 0 : bytes);
}

/// Whether neither is there, or both with the same bytes.
bool equal_files(const fs::path& one, const fs::path& other) {
  if (one.empty() || other.empty()) return one.empty() && other.empty();
  std::error_code error;
  return fs::equivalent(one, other, error) || fbc::same_bytes(one, other);
}

}  // namespace

ChangedIndex::ChangedIndex(const ReadIndex& from, const FileBasedParts& now)
    : from_{from}, now_{now}, root_{fbc::compare_trees(from.catalog.path, now.root)} {}

std::string ChangedIndex::obstacle_of_cache(const Cancellation& cancellation) {
  if (from_.kept) {
    steps_ = from_.kept->steps;
    return {};
  }
  // The digest covers the modes that the image has, which are not known for sure here.
  auto check = fbc::check_cache(from_.catalog.path, from_.cache, from_.modes, cancellation);
  steps_ = std::move(check.steps);
  return check.state == fbc::CacheState::up_to_date ? "" : "its serve cache is not up to date";
}

std::string ChangedIndex::obstacle(const Context& context, const Preparation& preparation,
                                   const image::ImageContent& content) {
  const auto place = preparation.from_index_labels.find(kConfigsLabel);
  if (place == preparation.from_index_labels.end() || place->second != kConfigsPath) {
    return fmt::format("its catalog is not at {}", kConfigsPath);
  }
  if (from_.catalog.database.empty() != now_.database.empty()) return "its database comes or goes";
  const auto left = bytes_in_image(root_.bytes_after, now_.database);
  auto removal =
      obstacle_of_removal(bytes_in_image(root_.bytes_before, from_.catalog.database), left);
  if (!removal.empty()) return removal;
  try {
    base_ = find_layer_base(context, preparation, content, left);
    return base_.obstacle.empty() ? obstacle_of_cache(context.cancellation()) : base_.obstacle;
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    return error.what();
  }
}

fbc::RootModes ChangedIndex::modes() const {
  auto modes = from_.modes;
  std::erase_if(modes.exceptions, [&](const auto& exception) {
    const auto& path = exception.first;
    return holds(root_.written, path) || !fs::is_regular_file(now_.root / path);
  });
  return modes;
}

void ChangedIndex::add_to(image::ImageContent& content, const fs::path& cache,
                          const std::string& database_path) const {
  const auto cache_difference = fbc::compare_trees(from_.cache, cache);
  for (const auto& path : root_.removed) {
    content.removed.push_back(fmt::format("{}/{}", kConfigsPath, path));
  }
  for (const auto& path : cache_difference.removed) {
    content.removed.push_back(fmt::format("{}/{}", kCachePath, path));
  }
  add_tree(content, now_.root, root_form(), [&](const std::string& path) {
    return holds(root_.written, path) ||
           (fs::is_directory(now_.root / path) && !fs::is_directory(from_.catalog.path / path));
  });
  add_tree(content, cache, cache_form(), [&](const std::string& path) {
    return holds(cache_difference.written, path) || fs::is_directory(cache / path);
  });
  if (!equal_files(from_.catalog.database, now_.database)) {
    content.files.push_back({now_.database, database_path});
  }
}

}  // namespace iib::task
