#include "image_tree.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace iib::task {
namespace {

namespace fs = std::filesystem;

/// Runs `use(entry, path)` for all that is below `directory`.
template <class Use>
void walk(const fs::path& directory, Use&& use) {
  try {
    for (const auto& entry : fs::recursive_directory_iterator{directory}) {
      use(entry, entry.path().lexically_relative(directory).string());
    }
  } catch (const fs::filesystem_error& error) {
    throw ExternalError{fmt::format("a file of the index cannot be used: {}", error.what()),
                        ExternalError::Retry::no};
  }
}

}  // namespace

void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to);  // throws what stands in the way
}

void add_tree(image::ImageContent& content, const fs::path& directory, const TreeForm& form,
              const TakePath& take) {
  if (take(".")) content.directories.push_back({form.target, form.directory, form.owner});
  walk(directory, [&](const fs::directory_entry& entry, const std::string& path) {
    if (entry.is_symlink() || !take(path)) return;
    auto target = fmt::format("{}/{}", form.target, path);
    if (entry.is_directory()) {
      content.directories.push_back({std::move(target), form.below, form.owner});
    } else {
      content.files.push_back({entry.path(), std::move(target), form.files, form.owner});
    }
  });
}

fs::path without_links(const fs::path& directory, const fs::path& copy) {
  bool has_links = false;
  walk(directory, [&](const fs::directory_entry& entry, const std::string&) {
    has_links = has_links || entry.is_symlink();
  });
  if (!has_links) return directory;
  walk(directory, [&](const fs::directory_entry& entry, const std::string& path) {
    if (entry.is_directory() && !entry.is_symlink()) {
      fs::create_directory(copy / path);
    } else {
      link_or_copy(fs::canonical(entry.path()), copy / path);
    }
  });
  return copy;
}

}  // namespace iib::task
