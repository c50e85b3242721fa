#include "image/layer/layer_writer.hpp"

#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"
#include "iib/io/archive.hpp"
#include "iib/io/decompress.hpp"
#include "iib/io/gzip_writer.hpp"
#include "iib/io/tar_reader.hpp"
#include "image/layer/layer_output.hpp"
#include "image/layer/layer_tar.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

/// The layer whose plain bytes `write` gives to its sink.
template <class Write>
WrittenLayer pack(const fs::path& destination, unsigned threads, const Cancellation& cancellation,
                  io::FindMember find, Write&& write) {
  LayerOutput output{destination};
  Sha256 plain_sum;
  io::GzipWriter gzip{[&output](std::string_view bytes) { output.write(bytes); }, threads,
                      cancellation, std::move(find)};
  write([&](std::string_view bytes) {
    plain_sum.update(bytes);
    gzip.write(bytes);
  });
  gzip.finish();
  output.keep();
  return {.digest = output.digest(),
          .size = output.size(),
          .diff_id = model::Digest::parse("sha256:" + plain_sum.finish_hex()),
          .members = gzip.take_members()};
}

}  // namespace

WrittenLayer write_layer(const ImageContent& content, Timestamp modified,
                         const fs::path& destination, unsigned threads,
                         const Cancellation& cancellation, io::FindMember find) {
  return pack(destination, threads, cancellation, std::move(find),
              [&](const io::ByteSink& sink) { write_layer_tar(content, modified, sink); });
}

WrittenLayer recompress_layer(const std::string& subject, const fs::path& source,
                              const fs::path& destination, unsigned threads,
                              const Cancellation& cancellation) {
  constexpr std::size_t kBlockBytes = 128UL << 10U;
  const auto limit = io::TarLimits{}.bytes;
  return pack(destination, threads, cancellation, {}, [&](const io::ByteSink& sink) {
    const auto plain = io::decompressed(subject, io::read_from_file(source));
    std::vector<char> block(kBlockBytes);
    std::uint64_t total = 0;
    for (auto got = plain(block); got > 0; got = plain(block)) {
      total += got;
      if (total > limit) {
        throw UserError{fmt::format("{} unpacks to more than {} bytes", subject, limit)};
      }
      sink({block.data(), got});
    }
  });
}

}  // namespace iib::image
