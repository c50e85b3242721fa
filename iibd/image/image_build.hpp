#pragma once

#include "image/container_storage.hpp"
#include "image/tool_runner.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace iib::image {

/// What one `buildah copy` puts into an image.
struct CopyStep {
  /// A file, or a directory whose contents are meant.
  std::filesystem::path source;
  std::string target;
  /// Of a single file; the files of a directory have theirs.
  std::optional<unsigned> mode;
};

/// The files of an image arranged for as few copies as possible, without touching the modes of
/// folders that the base has: files with the same first folder go together, from the longest folder
/// that they share. Several files are copied below `directory`.
[[nodiscard]] std::vector<CopyStep> arrange(const std::vector<LayerFile>& files,
                                            const std::filesystem::path& directory);

/// One image in the making: a working container, then an image of the local storage, both removed
/// with this object.
class ImageBuild {
 public:
  ImageBuild(const ToolRunner& tools, ContainerStorage& storage, const Target& target,
             const Access& access);
  ImageBuild(const ImageBuild&) = delete;
  ImageBuild& operator=(const ImageBuild&) = delete;
  ~ImageBuild();

  /// Makes the working container from the base, pulling it if it is not kept.
  void begin();
  /// When the base was made, if it tells.
  [[nodiscard]] std::optional<Timestamp> base_created() const;
  /// Adds the files and settings and makes the image, dated `created`.
  void fill(const ImageContent& content, const std::vector<CopyStep>& copies, Timestamp created);
  /// Pushes the image; gives its digest.
  [[nodiscard]] model::Digest push() const;

 private:
  void configure(const ImageContent& content) const;
  void commit(Timestamp created);
  [[nodiscard]] std::string local_name() const { return "localhost/" + name_; }
  [[nodiscard]] Step step(std::string action) const;
  void discard() const;
  void discard_if_possible() const noexcept;
  void discard_container(const Access& own) const;
  void discard_image(const Access& own) const;

  const ToolRunner& tools_;
  ContainerStorage& storage_;
  ContainerStorage::Hold hold_;
  const Target& target_;
  const Access& access_;
  std::string name_;
  /// `unknown` while a tool is at it: one that is ended in the middle may have made it, or not.
  enum class Presence { absent, unknown, present };
  Presence container_ = Presence::absent;
  Presence image_ = Presence::absent;
};

}  // namespace iib::image
