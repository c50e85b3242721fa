#pragma once

#include "iib/base/files.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "index_image.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::test {

/// One image of a file-based index as a container would see it: all layers applied, with the modes
/// and owners that they say.
class ServedIndex {
 public:
  /// The `number`th image of the list `pull_spec`.
  ServedIndex(const Registry& registry, const std::string& pull_spec, std::size_t number = 0);

  [[nodiscard]] std::filesystem::path root() const { return directory_.path() / "configs"; }
  [[nodiscard]] std::filesystem::path cache() const { return directory_.path() / "tmp/cache"; }
  /// The hidden database.
  [[nodiscard]] std::filesystem::path database() const;
  [[nodiscard]] const IndexImage& image() const { return image_; }
  /// Paths of the topmost layer, directories left out, whiteouts as such; sorted.
  [[nodiscard]] const std::vector<std::string>& top_paths() const { return top_paths_; }

  /// Gives the files here the modes of the layers, for programs that look at them.
  void apply_modes() const;
  /// What a server of the catalog would find: our own reader, on the modes of the layers.
  [[nodiscard]] catalog::fbc::CacheCheck check() const;
  /// The files of the catalog, by path relative to its root; sorted.
  [[nodiscard]] std::vector<std::string> files() const;
  [[nodiscard]] std::string read(const std::string& file) const;
  /// The names of the bundles in the hidden database, sorted.
  [[nodiscard]] std::vector<std::string> database_bundles() const;
  /// The mode that the layers give to a path of the image.
  [[nodiscard]] unsigned mode(const std::string& path) const { return modes_.at(path); }

 private:
  void apply(const Registry& registry, const std::string& repository);
  void note(const std::string& layer, bool top);

  TempDir directory_;
  IndexImage image_;
  std::map<std::string, unsigned> modes_;  ///< By path without slashes at its ends.
  std::vector<std::string> top_paths_;
};

}  // namespace iib::test
