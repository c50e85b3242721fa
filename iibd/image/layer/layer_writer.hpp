#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/clock.hpp"
#include "iib/image/engine.hpp"
#include "iib/io/gzip_writer.hpp"
#include "iib/model/digest.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace iib::image {

/// A layer that lies in a file.
struct WrittenLayer {
  model::Digest digest;    ///< Of the file.
  std::uint64_t size = 0;  ///< Of the file.
  model::Digest diff_id;   ///< Of the archive before compression (OCI image-spec, "Layer DiffID").
  /// What the file is made of, if it was asked for members.
  std::vector<io::GzipMember> members{};
};

/// Writes the layer of `content` to `destination`, which must not be there yet: what
/// write_layer_tar() gives, compressed with gzip by `threads` threads. The same content gives the
/// same bytes, whatever the number of threads and the CPU. Streams: no file is held in memory.
/// Throws ExternalError naming the file that cannot be read or written; `destination` is gone then.
/// With `find` what was packed before is not packed again.
[[nodiscard]] WrittenLayer write_layer(const ImageContent& content, Timestamp modified,
                                       const std::filesystem::path& destination, unsigned threads,
                                       const Cancellation& cancellation, io::FindMember find = {});

/// Writes the layer `source`, compressed with whatever a registry gave, to `destination`,
/// compressed with gzip; what it unpacks to stays. `subject` is what errors call it: UserError when
/// it is damaged. Otherwise like write_layer().
[[nodiscard]] WrittenLayer recompress_layer(const std::string& subject,
                                            const std::filesystem::path& source,
                                            const std::filesystem::path& destination,
                                            unsigned threads, const Cancellation& cancellation);

}  // namespace iib::image
