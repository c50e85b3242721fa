#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/io/archive.hpp"
#include "iib/io/layer_path.hpp"

#include <span>
#include <string>
#include <vector>

namespace iib::image {

/// Finds how far down an image's layers must be read for some paths: looks at one layer after the
/// other, the topmost first, until none below can contribute. The layers looked at, applied from
/// the lowest of them up by io::LayerExtractor, then give what all layers would. Writes nothing and
/// remembers no layer. Not shared between threads.
class LayerSearch {
 public:
  /// `paths` are relative to the image's root, files or folders; `subject` is what errors call the
  /// image.
  LayerSearch(std::string subject, std::span<const std::string> paths);

  /// Looks at the next layer below. True as soon as everything is settled: of each path, this layer
  /// or one above it holds a file, a link or a device at it or in place of a folder on the way to
  /// it, a whiteout of it or of such a folder, or the mark of an opaque one. A folder alone
  /// settles nothing: lower layers may hold more of it. A hard link to what another layer holds
  /// makes every layer needed. Throws as io::TarReader does, and UserError
  /// for a layer with too many entries.
  bool look(const io::ByteSource& layer, const Cancellation& cancellation);

 private:
  std::string subject_;
  std::vector<io::PathNames> wanted_;
  /// Those of `wanted_` to which lower layers may contribute.
  std::vector<io::PathNames> open_;
  bool every_layer_ = false;
};

}  // namespace iib::image
