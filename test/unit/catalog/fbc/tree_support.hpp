#pragma once

#include "iib/base/files.hpp"
#include "iib/io/json.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iib::test {

/// A directory with a catalog in it, removed with the object.
class CatalogTree {
 public:
  CatalogTree();
  /// Writes a file, its directories too.
  void write(const std::string& name, std::string_view content) const;
  /// Makes a symbolic link.
  void link(const std::string& name, const std::string& target) const;
  /// Writes a tree of the golden data: `text`, `base64`, `blobs`, `symlink` and `dir` by name.
  void write_golden(const io::JsonValue& files) const;
  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }

 private:
  TempDir directory_;
  std::filesystem::path root_;
};

/// The golden cases of file-based catalogs in `folder`, in the order of their names.
std::vector<std::filesystem::path> golden_cases(const std::filesystem::path& shared,
                                                const std::string& folder);

/// A package `name` with channel `s` and one bundle, as a JSON stream.
std::string small_package(const std::string& name);

}  // namespace iib::test
