#pragma once

#include "image/container_storage.hpp"
#include "image/tool_runner.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace iib::image {

/// One image in the making: a working container, then an image of the local storage, both removed
/// with this object.
class ImageBuild {
 public:
  ImageBuild(const ToolRunner& tools, ContainerStorage& storage, const Target& target,
             const Access& access);
  ImageBuild(const ImageBuild&) = delete;
  ImageBuild& operator=(const ImageBuild&) = delete;
  ~ImageBuild();

  /// Makes the working container from the base, pulling it if it is not kept; or an empty one.
  void begin();
  /// When the base, which there is, was made, if it tells.
  [[nodiscard]] std::optional<Timestamp> base_created() const;
  /// Adds the files that the archive `layer` (layer/layer_tar.hpp) holds and the settings of
  /// `content`, and makes the image, dated `created`.
  void fill(const ImageContent& content, const std::filesystem::path& layer, Timestamp created);
  /// Pushes the image; gives its digest.
  [[nodiscard]] model::Digest push() const;

 private:
  /// `access`: the options of the registry that `from` is in.
  void make_container(const std::string& from, Arguments access, const Step& making);
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
  std::optional<ContainerStorage::Hold> hold_;  ///< Of the base, if there is one.
  const Target& target_;
  const Access& access_;
  std::string name_;
  /// `unknown` while a tool is at it: one that is ended in the middle may have made it, or not.
  enum class Presence { absent, unknown, present };
  Presence container_ = Presence::absent;
  Presence image_ = Presence::absent;
};

}  // namespace iib::image
