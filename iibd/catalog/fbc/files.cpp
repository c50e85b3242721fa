#include "catalog/fbc/files.hpp"

#include "catalog/fbc/ignore.hpp"
#include "catalog/json_text.hpp"
#include "catalog/shown_name.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/paths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIgnoreFile = ".indexignore";
constexpr std::size_t kMaxIgnoreBytes = 1UL << 20U;
/// The largest catalogs have some 300 packages in a few thousand files.
constexpr std::size_t kMaxFiles = 200'000;
constexpr std::size_t kMaxDepth = 100;

class Walk {
 public:
  explicit Walk(const fs::path& root) : root_{root} {
    std::error_code error;
    real_root_ = fs::canonical(root, error);
    if (error || !fs::is_directory(real_root_, error)) {
      throw ExternalError{
          fmt::format("the catalog {} is no directory that can be read", root.string()),
          ExternalError::Retry::no};
    }
  }

  Listing run() {
    visit("", 0);
    // Patterns of directories that come later may concern nothing that came before, so that
    // leaving out can wait until all are known.
    std::erase_if(listing_.files, [&](const auto& file) { return rules_.ignores(file.name); });
    std::erase_if(listing_.findings,
                  [&](const auto& finding) { return rules_.ignores(finding.place.file); });
    return std::move(listing_);
  }

 private:
  void visit(const std::string& directory, std::size_t depth) {
    if (depth > kMaxDepth) {
      throw UserError{fmt::format(
          "the directories of the catalog are nested more than {} deep, in {}...: move what is "
          "below further up",
          kMaxDepth, shown(directory.substr(0, 200)))};
    }
    const auto names = list(directory);
    const auto path_of = [&](const std::string& name) {
      return directory.empty() ? name : directory + '/' + name;
    };
    if (std::binary_search(names.begin(), names.end(), kIgnoreFile)) {
      read_rules(directory, path_of(std::string{kIgnoreFile}));
    }
    for (const auto& name : names) {
      if (name != kIgnoreFile) take(path_of(name), depth);
    }
  }

  void read_rules(const std::string& directory, const std::string& path) {
    const auto status = fs::symlink_status(root_ / path);
    if (fs::is_symlink(status) ? !check_link(path) : !fs::is_regular_file(status)) return;
    try {
      rules_.add(directory, read_file(root_ / path, kMaxIgnoreBytes));
    } catch (const UserError& error) {
      refuse(path, error.what());
    }
  }

  [[nodiscard]] std::vector<std::string> list(const std::string& directory) const {
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator entry{root_ / directory, error}, end; !error && entry != end;
         entry.increment(error)) {
      names.push_back(entry->path().filename().string());
      if (names.size() > kMaxFiles) refuse_count();
    }
    if (error) {
      throw ExternalError{fmt::format("the directory {} of the catalog cannot be read: {}",
                                      (root_ / directory).string(), error.message()),
                          ExternalError::Retry::no};
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  [[noreturn]] static void refuse_count() {
    throw UserError{fmt::format(
        "the catalog has more than {} files: put several blobs into one file", kMaxFiles)};
  }

  void take(const std::string& path, std::size_t depth) {
    if (replace_invalid_utf8(path) != path) {
      return refuse(path, "its name is not UTF-8: rename it");
    }
    std::error_code error;
    const auto status = fs::symlink_status(root_ / path, error);
    if (fs::is_directory(status)) return visit(path, depth + 1);
    if (fs::is_symlink(status)) {
      if (!check_link(path)) return;
    } else if (!fs::is_regular_file(status)) {
      return refuse(path, "it is no regular file: remove it");
    }
    const auto bytes = fs::file_size(root_ / path, error);
    if (error) return refuse(path, fmt::format("it cannot be read: {}", error.message()));
    listing_.files.push_back({.name = path, .bytes = bytes});
    if (listing_.files.size() > kMaxFiles) refuse_count();
  }

  /// Whether the link leads to a file of the catalog. Elsewhere may be anything of this host, and
  /// would not go with the catalog.
  bool check_link(const std::string& path) {
    std::error_code error;
    const auto target = fs::canonical(root_ / path, error);
    if (error) {
      refuse(path, "it is a link that leads nowhere: remove it");
      return false;
    }
    if (!is_within(target, real_root_)) {
      refuse(path, "it is a link that leads out of the catalog: put the file in its place");
      return false;
    }
    if (!fs::is_regular_file(target, error)) {
      refuse(path, "it is a link to a directory; only links to files are followed: remove it");
      return false;
    }
    return true;
  }

  void refuse(const std::string& path, std::string reason) {
    Finding finding;
    finding.rule = Rule::unreadable;
    finding.place.file = path;
    finding.text = std::move(reason);
    listing_.findings.push_back(std::move(finding));
  }

  fs::path root_;
  fs::path real_root_;
  IgnoreRules rules_;
  Listing listing_;
};

}  // namespace

Listing find_files(const fs::path& root) {
  return Walk{root}.run();
}

}  // namespace iib::catalog::fbc
