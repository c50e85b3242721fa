#pragma once

#include "file_based_image.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "layer_base.hpp"

#include <filesystem>
#include <string>

namespace iib::task {

/// The parts of a file-based index that go into an image.
struct FileBasedParts {
  std::filesystem::path root;      ///< The catalog, without links.
  std::filesystem::path database;  ///< The hidden one; empty: none.
};

/// A new catalog compared with the one of from_index.
class ChangedIndex {
 public:
  /// Both parameters must outlive it.
  ChangedIndex(const ReadIndex& from, const FileBasedParts& now);

  /// Why the change cannot be a layer on top of from_index; empty when it can. `content` has the
  /// settings of the new images. Asks the registry about the images.
  [[nodiscard]] std::string obstacle(const Context& context, const Preparation& preparation,
                                     const image::ImageContent& content);
  /// The modes that the new catalog has on top of from_index.
  [[nodiscard]] catalog::fbc::RootModes modes() const;
  /// What the layer lies on, once there is no obstacle.
  [[nodiscard]] const LayerBase& base() const { return base_; }
  /// Of the digest of from_index's cache, once there is no obstacle.
  [[nodiscard]] const catalog::fbc::DigestSteps& steps() const { return steps_; }
  /// Adds to `content` what differs, the serve cache `cache` of the new catalog included.
  void add_to(image::ImageContent& content, const std::filesystem::path& cache,
              const std::string& database_path) const;

 private:
  [[nodiscard]] std::string obstacle_of_cache(const Cancellation& cancellation);

  const ReadIndex& from_;
  const FileBasedParts& now_;
  catalog::fbc::TreeDifference root_;
  LayerBase base_;
  catalog::fbc::DigestSteps steps_;
};

}  // namespace iib::task
