#include "image/layer/layer_writer.hpp"

#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"
#include "iib/io/archive.hpp"
#include "iib/io/decompress.hpp"
#include "iib/io/gzip_writer.hpp"
#include "iib/io/tar_reader.hpp"
#include "iib/io/tar_writer.hpp"
#include "image/layer/layer_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFolderMode = 0755;
/// What every base has, and what a container that is not root needs there.
constexpr std::string_view kSharedFolder = "tmp";
constexpr unsigned kSharedFolderMode = 01777;

/// The entries by their paths; of a folder null.
using Entries = std::map<std::string, const LayerFile*, std::less<>>;

Entries arrange_entries(std::span<const LayerFile> files) {
  Entries entries;
  for (const auto& file : files) {
    const auto path = fs::path{file.target}.lexically_normal();
    const auto relative = path.relative_path().string();
    if (!path.is_absolute() || relative.empty() || relative.ends_with('/') ||
        !entries.emplace(relative, &file).second) {
      throw Error{fmt::format("a layer cannot have a file at '{}'", file.target)};
    }
    for (auto slash = relative.find('/'); slash != std::string::npos;
         slash = relative.find('/', slash + 1)) {
      const auto [folder, added] = entries.emplace(relative.substr(0, slash), nullptr);
      if (!added && folder->second != nullptr) {
        throw Error{fmt::format("a layer cannot have '{}' below a file", file.target)};
      }
    }
  }
  return entries;
}

std::uint64_t size_of(const fs::path& source) {
  std::error_code error;
  const auto size = fs::file_size(source, error);
  if (error) {
    throw ExternalError{fmt::format("{} cannot be read: {}", source.string(), error.message()),
                        ExternalError::Retry::no};
  }
  return size;
}

void write_entries(io::TarWriter& tar, const Entries& entries) {
  for (const auto& [path, file] : entries) {
    if (file == nullptr) {
      tar.add_directory(path, path == kSharedFolder ? kSharedFolderMode : kFolderMode);
    } else {
      tar.add_file(path, file->mode, size_of(file->source), io::read_from_file(file->source));
    }
  }
  tar.finish();
}

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

WrittenLayer write_layer(std::span<const LayerFile> files, Timestamp modified,
                         const fs::path& destination, unsigned threads,
                         const Cancellation& cancellation, io::FindMember find) {
  const auto entries = arrange_entries(files);
  return pack(destination, threads, cancellation, std::move(find), [&](const io::ByteSink& sink) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(modified.time_since_epoch());
    io::TarWriter tar{sink, seconds.count()};
    write_entries(tar, entries);
  });
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
