#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/guarded.hpp"
#include "iib/base/log.hpp"
#include "iib/io/layer_path.hpp"
#include "iib/model/digest.hpp"
#include "image/blob.hpp"
#include "image/layer_cache.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::image {

/// Files that were read out of images, such as index databases: kept in the layer cache, so that
/// the next request for the same image copies instead of unpacking. Which file is which is known
/// until the daemon ends; what lies in the cache from before then goes as the layers do. Who asks
/// must have read the image's manifest in his own name. Safe to use from any thread.
class UnpackedFiles {
 public:
  /// `cache` must outlive it and holds at most `cache_bytes`.
  UnpackedFiles(LayerCache& cache, std::uint64_t cache_bytes);

  /// Copies the file `path` of an image of these layers to the same place below `destination`,
  /// which is empty. False when it is not kept. Throws ExternalError when it cannot be written.
  [[nodiscard]] bool copy(const std::vector<Blob>& layers, const io::PathNames& path,
                          const std::filesystem::path& destination);
  /// Keeps `path`, which was read out of an image of these layers to `destination`, if it is a file
  /// and not too large. What goes wrong is but told to `log`.
  void keep(const std::vector<Blob>& layers, const io::PathNames& path,
            const std::filesystem::path& destination, const Cancellation& cancellation,
            const Log& log);

 private:
  struct Content {
    model::Digest digest;
    std::uint64_t bytes = 0;
  };

  LayerCache& cache_;
  std::uint64_t most_bytes_;
  /// By the digests of all layers and the path.
  Guarded<std::map<std::string, Content>> known_;
};

}  // namespace iib::image
