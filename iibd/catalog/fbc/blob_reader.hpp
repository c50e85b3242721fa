#pragma once

#include "catalog/manifest_document.hpp"
#include "iib/base/error.hpp"

#include <cstddef>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace iib::catalog::fbc {

/// A file that is no sequence of blobs. What follows the place cannot be read.
class SplitError : public UserError {
 public:
  SplitError(const std::string& what, std::size_t line) : UserError{what}, line_{line} {}
  /// Where, counted from 1.
  [[nodiscard]] std::size_t line() const noexcept { return line_; }

 private:
  std::size_t line_;
};

/// A blob that is longer than the reader's bound.
class BlobTooLarge : public SplitError {
 public:
  using SplitError::SplitError;
};

/// The bytes of one blob, valid until the next one is read.
struct RawBlob {
  std::size_t number = 0;  ///< In the file, counted from 1.
  std::size_t offset = 0;  ///< Of its first byte in the file.
  std::size_t line = 0;    ///< Of its first byte, counted from 1.
  Notation notation = Notation::json;
  /// As in the file; of JSON without blanks around it.
  std::string_view text;
};

/// Splits a file into blobs (catalog-fbc 1.2) with no more of it in memory than one blob. Splitting
/// checks no more of a blob than where it ends.
class BlobReader {
 public:
  /// The longest blob. A bundle with its manifests has seldom more than 2 MB.
  static constexpr std::size_t kMaxBlobBytes = 64UL << 20U;

  /// Opens `path`. Throws ExternalError when it cannot be read.
  explicit BlobReader(const std::filesystem::path& path, std::size_t max_blob = kMaxBlobBytes);
  /// Reads `bytes`; `name` names them in errors.
  BlobReader(std::unique_ptr<std::istream> bytes, std::string name,
             std::size_t max_blob = kMaxBlobBytes);

  /// The next blob; nothing at the end. Throws SplitError, after which nothing follows.
  [[nodiscard]] std::optional<RawBlob> next();

 private:
  std::optional<RawBlob> next_json();
  std::optional<RawBlob> next_yaml();
  std::size_t json_end();
  std::size_t line_end(std::size_t begin);
  void skip_blanks();
  void detect_notation();
  [[nodiscard]] bool fill();
  void consume(std::size_t bytes);
  void check_size(std::size_t bytes) const;
  RawBlob take(std::size_t bytes);

  std::string name_;
  std::unique_ptr<std::istream> file_;
  std::size_t max_blob_;
  std::string buffer_;
  /// Where in the buffer the part that is not consumed begins.
  std::size_t begin_ = 0;
  /// Of the buffer's begin_ in the file.
  std::size_t offset_ = 0;
  std::size_t line_ = 1;
  std::size_t number_ = 0;
  bool at_end_ = false;
  bool begun_ = false;
  Notation notation_ = Notation::json;
};

}  // namespace iib::catalog::fbc
