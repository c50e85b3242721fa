#include "image_tree.hpp"

#include "iib/base/error.hpp"
#include "iib/base/paths.hpp"

#include <fmt/format.h>

#include <optional>
#include <system_error>

namespace iib::task {
namespace {

namespace fs = std::filesystem;

/// Runs `act`, which works on the files of an index.
template <class Act>
void explained(Act&& act) {
  try {
    act();
  } catch (const fs::filesystem_error& error) {
    throw ExternalError{fmt::format("{} of the index cannot be taken: {}",
                                    error.path1().filename().string(), error.code().message()),
                        ExternalError::Retry::no};
  }
}

/// Runs `use(entry, path)` for all that is below `directory`.
template <class Use>
void walk(const fs::path& directory, Use&& use) {
  explained([&] {
    for (const auto& entry : fs::recursive_directory_iterator{directory}) {
      use(entry, entry.path().lexically_relative(directory).string());
    }
  });
}

/// The file that `link` leads to, if that is one of `root`.
std::optional<fs::path> file_of(const fs::path& link, const fs::path& root) {
  std::error_code error;
  auto file = fs::canonical(link, error);
  if (error || !fs::is_regular_file(file) || !is_within(file, fs::canonical(root))) {
    return std::nullopt;
  }
  return file;
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

void copy_plain(const fs::path& root, const std::string& name, const fs::path& to) {
  const auto place = [&](const fs::directory_entry& entry, const fs::path& target) {
    if (entry.is_symlink()) {
      if (const auto file = file_of(entry.path(), root)) link_or_copy(*file, target);
    } else if (entry.is_directory()) {
      fs::create_directories(target);
    } else if (entry.exists()) {
      link_or_copy(entry.path(), target);
    }
  };
  const fs::directory_entry top{root / name};
  explained([&] { place(top, to / name); });
  if (top.is_symlink() || !top.is_directory()) return;
  walk(top.path(), [&](const fs::directory_entry& entry, const std::string& path) {
    place(entry, to / name / path);
  });
}

fs::path without_links(const fs::path& directory, const fs::path& copy) {
  bool has_links = false;
  walk(directory, [&](const fs::directory_entry& entry, const std::string&) {
    has_links = has_links || entry.is_symlink();
  });
  if (!has_links) return directory;
  copy_plain(directory, ".", copy);
  return copy;
}

}  // namespace iib::task
