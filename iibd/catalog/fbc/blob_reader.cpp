#include "catalog/fbc/blob_reader.hpp"

#include "catalog/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace iib::catalog::fbc {
namespace {

constexpr std::size_t kChunk = 256UL << 10U;
/// How far the reference looks for a brace before it takes a file for YAML.
constexpr std::size_t kNotationWindow = 4096;
constexpr std::string_view kJsonBlanks = " \t\r\n";
constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::string_view kSeparator = "---";

[[noreturn]] void fail(const std::string& name) {
  throw ExternalError{fmt::format("{} cannot be read", name), ExternalError::Retry::no};
}

std::size_t count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Where a JSON object ends; fed piece by piece.
class ObjectScan {
 public:
  /// The byte after the object's last one, or npos when `text` ends before that. What lies before
  /// the place reached by the last call is not looked at again.
  std::size_t run(std::string_view text) {
    while (at_ < text.size()) {
      if (in_string_) {
        skip_string(text);
      } else if (step(text[at_++])) {
        return at_;
      }
    }
    return std::string_view::npos;
  }

 private:
  /// Most bytes of a catalog are in long strings, so they are passed over by looking for the quote
  /// only.
  void skip_string(std::string_view text) {
    while (in_string_) {
      const auto quote = text.find('"', at_);
      if (quote == std::string_view::npos) {
        at_ = text.size();
        return;
      }
      at_ = quote + 1;
      auto before = quote;
      while (text[before - 1] == '\\') --before;  // ends at the first quote at the latest
      in_string_ = (quote - before) % 2 != 0;
    }
  }

  /// Whether the object ends with `c`.
  bool step(char c) {
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    return (c == '}' || c == ']') && --depth_ == 0;
  }

  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool in_string_ = false;
};

}  // namespace

BlobReader::BlobReader(const std::filesystem::path& path, std::size_t max_blob)
    : BlobReader{std::make_unique<std::ifstream>(path, std::ios::binary), path.string(), max_blob} {
}

BlobReader::BlobReader(std::unique_ptr<std::istream> bytes, std::string name, std::size_t max_blob)
    : name_{std::move(name)}, file_{std::move(bytes)}, max_blob_{max_blob} {
  if (!*file_) fail(name_);
}

std::optional<RawBlob> BlobReader::next() {
  if (!std::exchange(begun_, true)) detect_notation();
  return notation_ == Notation::json ? next_json() : next_yaml();
}

void BlobReader::detect_notation() {
  while (buffer_.size() < kNotationWindow && fill()) {
  }
  const auto window = std::string_view{buffer_}.substr(0, kNotationWindow);
  const auto first = window.find_first_not_of(kBlanks);
  const bool brace = first != std::string_view::npos && window[first] == '{';
  notation_ = brace ? Notation::json : Notation::yaml;
}

std::optional<RawBlob> BlobReader::next_json() {
  skip_blanks();
  if (begin_ == buffer_.size()) return std::nullopt;
  if (buffer_[begin_] != '{') {
    const auto found = std::string_view{buffer_}.substr(begin_, 20);
    throw SplitError{fmt::format("after blob {} comes {} instead of another JSON object: a file "
                                 "holds objects one after another, with nothing between or around",
                                 number_, replace_invalid_utf8(found.substr(0, found.find('\n')))),
                     line_};
  }
  return take(json_end());
}

void BlobReader::skip_blanks() {
  do {
    const auto rest = std::string_view{buffer_}.substr(begin_);
    consume(std::min(rest.find_first_not_of(kJsonBlanks), rest.size()));
  } while (begin_ == buffer_.size() && fill());
}

std::size_t BlobReader::json_end() {
  ObjectScan scan;
  for (;;) {
    const auto size = scan.run(std::string_view{buffer_}.substr(begin_));
    check_size(std::min(size, buffer_.size() - begin_));
    if (size != std::string_view::npos) return size;
    if (!fill()) {
      throw SplitError{
          fmt::format("blob {} is a JSON object that does not end: the file is cut off, or a "
                      "bracket or quote is missing",
                      number_ + 1),
          line_};
    }
  }
}

/// Lines up to a separator make a document, even when they are themselves a separator.
std::optional<RawBlob> BlobReader::next_yaml() {
  std::size_t size = 0;
  for (std::size_t lines = 0;; ++lines) {
    const auto end = line_end(size);
    if (end == size) {
      if (size == 0) return std::nullopt;
      return take(size);
    }
    const auto line = std::string_view{buffer_}.substr(begin_ + size, end - size);
    if (line.starts_with(kSeparator)) {
      const auto rest = line.substr(kSeparator.size());
      const auto first = rest.find_first_not_of(kBlanks);
      if (first != std::string_view::npos && rest[first] != '#') {
        throw SplitError{
            "only a comment may follow the separator --- on its line (a line of a "
            "text that begins with --- must be indented)",
            line_ + lines};
      }
      if (size > 0) {
        const auto blob = take(size);
        consume(end - size);
        return blob;
      }
    }
    size = end;
    check_size(size);
  }
}

/// The end, relative to begin_, of the line that begins at `begin`; `begin` itself at the end of
/// the file.
std::size_t BlobReader::line_end(std::size_t begin) {
  std::size_t looked_at = begin;
  for (;;) {
    const auto found = buffer_.find('\n', begin_ + looked_at);
    if (found != std::string::npos) return found + 1 - begin_;
    looked_at = buffer_.size() - begin_;
    check_size(looked_at);
    if (!fill()) return buffer_.size() - begin_;
  }
}

/// Reads more of the file; false at its end.
bool BlobReader::fill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  // A long blob must not be copied for every chunk of it.
  const auto wanted = std::max(kChunk, buffer_.size());
  const auto old = buffer_.size();
  buffer_.resize(old + wanted);
  file_->read(buffer_.data() + old, static_cast<std::streamsize>(wanted));
  const auto got = static_cast<std::size_t>(file_->gcount());
  buffer_.resize(old + got);
  if (file_->bad()) fail(name_);
  at_end_ = got == 0;
  return !at_end_;
}

void BlobReader::consume(std::size_t bytes) {
  line_ += count_lines(std::string_view{buffer_}.substr(begin_, bytes));
  begin_ += bytes;
  offset_ += bytes;
}

void BlobReader::check_size(std::size_t bytes) const {
  if (bytes <= max_blob_) return;
  throw BlobTooLarge{
      fmt::format("blob {} is longer than {} bytes, the limit for one: shorten or divide it",
                  number_ + 1, max_blob_),
      line_};
}

/// The next `bytes` bytes as a blob. They stay in the buffer until more is read.
RawBlob BlobReader::take(std::size_t bytes) {
  RawBlob blob{.number = ++number_,
               .offset = offset_,
               .line = line_,
               .notation = notation_,
               .text = std::string_view{buffer_}.substr(begin_, bytes)};
  consume(bytes);
  return blob;
}

}  // namespace iib::catalog::fbc
