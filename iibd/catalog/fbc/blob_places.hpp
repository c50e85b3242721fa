#pragma once

#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/writer.hpp"
#include "catalog/manifest_document.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc_render.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {

/// Where the blobs of several sources stand, so that they can be written in the order of a catalog
/// with no more than one of them in memory.
class BlobPlaces {
 public:
  /// Blobs that stand in no file yet get one below `work.directory`. `work` must outlive this.
  BlobPlaces(MigrateLevel level, const Work& work);

  /// Adds the blobs of a source. Throws UserError naming file and blob for those that cannot be
  /// read.
  void add(const RenderSource& source);
  /// Gives all blobs in order (catalog-fbc 1.5), in the form in which they are written, each with
  /// the package that it belongs to (empty: none).
  void for_each(const std::function<void(const std::string& package, const Blob& blob)>& use);

 private:
  struct File {
    std::filesystem::path root;
    std::string name;  ///< Relative to the root.
  };
  struct Place {
    std::size_t file = 0;
    std::size_t offset = 0;
    std::size_t bytes = 0;
    std::size_t number = 0;
    Notation notation = Notation::json;
    bool last = false;
    std::string package;
    int kind = 0;
    std::string name;
    [[nodiscard]] Rank rank() const;
  };

  void add_directory(const std::filesystem::path& root);
  void add_file(File file);
  /// A file for blobs that `write` makes.
  void add_made(const std::function<void(std::ostream&)>& write);
  [[nodiscard]] Blob read(const Place& place, const std::string& bytes) const;

  MigrateLevel level_;
  const Work& work_;
  TempDir scratch_;
  std::vector<File> files_;
  std::vector<Place> places_;
};

}  // namespace iib::catalog::fbc
