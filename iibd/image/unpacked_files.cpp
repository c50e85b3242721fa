#include "image/unpacked_files.hpp"

#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"
#include "iib/io/archive.hpp"
#include "image/layer/layer_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostKnown = 4096;
constexpr std::size_t kReadBytes = 256UL << 10U;
/// A larger file would push a good part of the layers out, and unpacking it is not what its request
/// waits for.
constexpr std::uint64_t kMostBytes = 512ULL << 20U;
constexpr std::uint64_t kPartOfCache = 8;

/// Nothing else decides what the file is.
std::string key_of(const std::vector<Blob>& layers, const io::PathNames& path) {
  std::string text;
  for (const auto& layer : layers) text += layer.digest.text();
  return model::Digest::of(text + '/' + io::join(path)).text();
}

/// The size of `path` below `directory` if it is a file, reached without links.
std::optional<std::uint64_t> size_of_file(fs::path directory, const io::PathNames& path) {
  struct stat status {};
  for (const auto& name : path) {
    directory /= name;
    if (::lstat(directory.c_str(), &status) != 0) return std::nullopt;
    const bool last = &name == &path.back();
    if (last ? !S_ISREG(status.st_mode) : !S_ISDIR(status.st_mode)) return std::nullopt;
  }
  return path.empty() ? std::nullopt : std::optional{static_cast<std::uint64_t>(status.st_size)};
}

/// Copies in the kernel, which shares blocks where the file system can.
bool copy_range(int from, int to) {
  constexpr std::size_t kAtOnce = 1UL << 30U;
  for (;;) {
    const auto copied = ::copy_file_range(from, nullptr, to, nullptr, kAtOnce, 0);
    if (copied == 0) return true;
    if (copied < 0 && errno != EINTR) return false;
  }
}

void copy_whole(const fs::path& from, const fs::path& to) {
  constexpr mode_t kMode = 0644;
  const Descriptor source{::open(from.c_str(), O_RDONLY | O_CLOEXEC)};
  const Descriptor copy{::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode)};
  if (source.is_open() && copy.is_open() && copy_range(source.get(), copy.get())) return;
  // Not every pair of file systems can; what is really wrong shows again.
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (!error) return;
  throw ExternalError{fmt::format("{} cannot be written: {}", to.string(), error.message()),
                      ExternalError::Retry::no};
}

}  // namespace

UnpackedFiles::UnpackedFiles(LayerCache& cache, std::uint64_t cache_bytes)
    : cache_{cache}, most_bytes_{std::min(kMostBytes, cache_bytes / kPartOfCache)} {}

bool UnpackedFiles::copy(const std::vector<Blob>& layers, const io::PathNames& path,
                         const fs::path& destination) {
  const auto content =
      known_.with([key = key_of(layers, path)](const auto& known) -> std::optional<Content> {
        const auto found = known.find(key);
        return found == known.end() ? std::nullopt : std::optional{found->second};
      });
  if (!content) return false;
  const auto held = cache_.find(content->digest);
  std::error_code error;
  // A disk may have lost a part.
  if (!held || fs::file_size(held->path(), error) != content->bytes || error) return false;
  const auto target = destination / io::join(path);
  fs::create_directories(target.parent_path());
  copy_whole(held->path(), target);
  return true;
}

void UnpackedFiles::keep(const std::vector<Blob>& layers, const io::PathNames& path,
                         const fs::path& destination, const Cancellation& cancellation,
                         const Log& log) {
  const auto size = size_of_file(destination, path);
  if (!size || *size > most_bytes_) return;
  const auto scratch = cache_.scratch_file();
  try {
    LayerOutput output{scratch};
    const auto source = io::read_from_file(destination / io::join(path));
    std::vector<char> buffer(kReadBytes);
    while (const auto got = source(buffer)) {
      cancellation.check("reading an image");
      output.write({buffer.data(), got});
    }
    output.keep();
    const auto digest = output.digest();
    (void)cache_.add(digest, scratch);
    known_.with([&](auto& known) {
      if (known.size() >= kMostKnown) known.clear();
      known.insert_or_assign(key_of(layers, path), Content{digest, output.size()});
    });
  } catch (const ExternalError& error) {
    log.debug("{} is not kept for the next request: {}", io::join(path), error.what());
  }
}

}  // namespace iib::image
