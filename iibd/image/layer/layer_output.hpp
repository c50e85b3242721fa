#pragma once

#include "iib/base/sha256.hpp"
#include "iib/model/digest.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

namespace iib::image {

/// The file of a layer being written; removed again unless it is kept.
class LayerOutput {
 public:
  /// Makes `path`, which must not be there yet. Throws ExternalError naming it.
  explicit LayerOutput(const std::filesystem::path& path);
  LayerOutput(const LayerOutput&) = delete;
  LayerOutput& operator=(const LayerOutput&) = delete;
  ~LayerOutput();

  void write(std::string_view bytes);
  /// To be called once all is written.
  void keep();
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Of the bytes; may be asked once.
  [[nodiscard]] model::Digest digest();

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  Sha256 sum_;
  std::uint64_t size_ = 0;
};

}  // namespace iib::image
