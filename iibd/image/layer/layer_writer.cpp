#include "image/layer/layer_writer.hpp"

#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"
#include "iib/io/archive.hpp"
#include "iib/io/gzip_writer.hpp"
#include "iib/io/tar_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFolderMode = 0755;
/// What every base has, and what a container that is not root needs there.
constexpr std::string_view kSharedFolder = "tmp";
constexpr unsigned kSharedFolderMode = 01777;

/// The file being written; removed again unless it is kept.
class Output {
 public:
  explicit Output(const fs::path& path)
      : path_{path}, file_{std::fopen(path.c_str(), "wbxe"), &std::fclose} {
    if (file_ == nullptr) fail();
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // members come whole
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    if (file_ == nullptr) return;
    std::error_code ignored;  // whoever owns the directory removes what is left
    fs::remove(path_, ignored);
  }

  void write(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) fail();
    sum_.update(bytes);
    size_ += bytes.size();
  }
  void keep() {
    if (std::fflush(file_.get()) != 0) fail();
    file_.reset();
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] model::Digest digest() {
    return model::Digest::parse("sha256:" + sum_.finish_hex());
  }

 private:
  [[noreturn]] void fail() const {
    throw ExternalError{fmt::format("the layer {} cannot be written: {}", path_.string(),
                                    std::generic_category().message(errno)),
                        ExternalError::Retry::no};
  }

  fs::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  Sha256 sum_;
  std::uint64_t size_ = 0;
};

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

}  // namespace

WrittenLayer write_layer(std::span<const LayerFile> files, Timestamp modified,
                         const fs::path& destination, unsigned threads,
                         const Cancellation& cancellation) {
  const auto entries = arrange_entries(files);
  Output output{destination};
  Sha256 plain_sum;
  io::GzipWriter gzip{[&output](std::string_view bytes) { output.write(bytes); }, threads,
                      cancellation};
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(modified.time_since_epoch());
  io::TarWriter tar{[&](std::string_view bytes) {
                      plain_sum.update(bytes);
                      gzip.write(bytes);
                    },
                    seconds.count()};
  write_entries(tar, entries);
  gzip.finish();
  output.keep();
  return {.digest = output.digest(),
          .size = output.size(),
          .diff_id = model::Digest::parse("sha256:" + plain_sum.finish_hex())};
}

}  // namespace iib::image
