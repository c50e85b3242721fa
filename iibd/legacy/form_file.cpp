#include "form_file.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

namespace iib::legacy {
namespace {

namespace fs = std::filesystem;

// The archive is compressed: that these bytes stand in it by chance need not be feared (RFC 2046,
// 5.1.1, asks for no more).
constexpr std::string_view kBoundary = "iibd-9e1c5a7d2f4b48e6a3c0d1f2b7e8695a";

/// Head, file and tail as one sequence of bytes.
class Form {
 public:
  Form(std::string head, const fs::path& file, std::string tail)
      : head_{std::move(head)},
        file_{file},
        file_bytes_{fs::file_size(file)},
        tail_{std::move(tail)},
        stream_{file, std::ios::binary} {}

  [[nodiscard]] std::uint64_t bytes() const { return head_.size() + file_bytes_ + tail_.size(); }

  std::size_t read(std::uint64_t offset, std::span<char> buffer) {
    if (offset < head_.size()) return copy(head_, offset, buffer);
    offset -= head_.size();
    if (offset >= file_bytes_) return copy(tail_, offset - file_bytes_, buffer);
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(offset));
    stream_.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto got = static_cast<std::size_t>(stream_.gcount());
    if (got > 0) return got;
    throw ExternalError{fmt::format("{} cannot be read", file_.string()), ExternalError::Retry::no};
  }

 private:
  static std::size_t copy(const std::string& from, std::uint64_t offset, std::span<char> buffer) {
    const auto rest = std::string_view{from}.substr(static_cast<std::size_t>(offset));
    const auto length = std::min(rest.size(), buffer.size());
    std::copy_n(rest.begin(), length, buffer.begin());
    return length;
  }

  std::string head_;
  fs::path file_;
  std::uint64_t file_bytes_;
  std::string tail_;
  std::ifstream stream_;
};

}  // namespace

io::HttpRequest form_with_file(std::string_view field, const fs::path& file) {
  auto head = fmt::format(
      "--{}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n"
      "Content-Type: application/zip\r\n\r\n",
      kBoundary, field, file.filename().string());
  const auto form =
      std::make_shared<Form>(std::move(head), file, fmt::format("\r\n--{}--\r\n", kBoundary));
  io::HttpRequest request;
  request.method = "POST";
  request.content_type = fmt::format("multipart/form-data; boundary={}", kBoundary);
  request.source = [form](std::uint64_t offset, std::span<char> buffer) {
    return form->read(offset, buffer);
  };
  request.source_bytes = form->bytes();
  return request;
}

}  // namespace iib::legacy
