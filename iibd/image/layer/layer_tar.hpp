#pragma once

#include "iib/base/clock.hpp"
#include "iib/image/engine.hpp"
#include "iib/io/tar_writer.hpp"

namespace iib::image {

/// Writes the layer of `content` as a tar archive: its entries in the order of their paths, each
/// folder on the way once, everything of the time `modified`. What the base has and the image does
/// not is told by one whiteout each (OCI image-spec, "Whiteouts"). The same content gives the same
/// bytes. Throws Error for content that no image can have, before the first byte, and ExternalError
/// naming a file that cannot be read.
void write_layer_tar(const ImageContent& content, Timestamp modified, const io::ByteSink& sink);

}  // namespace iib::image
