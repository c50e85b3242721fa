#include "base/bounded_file.hpp"

#include "iib/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <system_error>

namespace iib {
namespace {

constexpr std::size_t kBlockBytes = 64UL << 10U;
/// So that every block has the end of a line.
constexpr std::size_t kMostLineBytes = 16UL << 10U;
constexpr auto kMode = 0640;

// No other line begins like this: those of a sink begin with a date.
constexpr std::string_view kNoteBegin = "[... ";
constexpr std::string_view kNoteLines = " lines of ";
constexpr std::string_view kNoteBytes = " bytes are left out here ...]\n";

std::string note(const LeftOut& left) {
  return fmt::format("{}{}{}{}{}", kNoteBegin, left.lines, kNoteLines, left.bytes, kNoteBytes);
}

/// Takes a number and the words behind it off the begin of `text`.
bool take(std::string_view& text, std::uintmax_t& number, std::string_view words) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(words)) return false;
  text.remove_prefix(words.size());
  return true;
}

/// Reads `line`, which begins at `at` of the file, as a note.
std::optional<LeftOut> as_note(std::string_view line, std::uintmax_t at) {
  LeftOut left{.at = at, .line_bytes = line.size(), .lines = 0, .bytes = 0};
  if (!line.starts_with(kNoteBegin)) return std::nullopt;
  line.remove_prefix(kNoteBegin.size());
  if (!take(line, left.lines, kNoteLines) || !take(line, left.bytes, kNoteBytes)) return {};
  return left;
}

[[noreturn]] void fail(const std::string& path, std::string_view what) {
  throw ExternalError{fmt::format("log file {} cannot be {}: {}", path, what,
                                  std::generic_category().message(errno)),
                      ExternalError::Retry::no};
}

Descriptor open_file(const std::string& path, int flags) {
  Descriptor file{::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, kMode)};
  if (!file.is_open()) fail(path, "opened");
  return file;
}

std::uintmax_t size_of(const Descriptor& file) {
  struct ::stat status {};
  return ::fstat(file.get(), &status) == 0 ? static_cast<std::uintmax_t>(status.st_size) : 0;
}

/// At most `bytes` from `at` on; fewer at the end of the file.
std::string read_at(int descriptor, std::uintmax_t at, std::size_t bytes) {
  std::string block(bytes, '\0');
  const auto got = ::pread(descriptor, block.data(), bytes, static_cast<off_t>(at));
  block.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return block;
}

/// Calls `use(line, at)` for each whole line from `at` on until it gives false.
template <class Use>
void for_each_line(int descriptor, std::uintmax_t at, Use use) {
  for (;;) {
    const auto block = read_at(descriptor, at, kBlockBytes);
    std::string_view rest{block};
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      if (!use(rest.substr(0, end + 1), at)) return;
      at += end + 1;
      rest.remove_prefix(end + 1);
    }
    if (rest.size() == block.size()) return;
  }
}

/// Where the last line begins that begins at `at` or before.
std::uintmax_t line_before(int descriptor, std::uintmax_t at) {
  const auto begin = at - std::min<std::uintmax_t>(at, kBlockBytes);
  const auto block = read_at(descriptor, begin, static_cast<std::size_t>(at - begin));
  const auto end = block.rfind('\n');
  return end == std::string::npos ? begin : begin + end + 1;
}

/// The lines between the two places, counted.
std::uintmax_t lines_between(int descriptor, std::uintmax_t begin, std::uintmax_t end) {
  std::uintmax_t lines = 0;
  for_each_line(descriptor, begin, [&](std::string_view, std::uintmax_t at) {
    if (at >= end) return false;
    ++lines;
    return true;
  });
  return lines;
}

/// Appends what `from` holds between the two places to `to`.
bool copy(const Descriptor& from, std::uintmax_t begin, std::uintmax_t end, const Descriptor& to) {
  while (begin < end) {
    const auto block =
        read_at(from.get(), begin,
                static_cast<std::size_t>(std::min<std::uintmax_t>(kBlockBytes, end - begin)));
    if (block.empty() || !write_all(to.get(), block)) return false;
    begin += block.size();
  }
  return true;
}

}  // namespace

std::optional<LeftOut> left_out_of(int descriptor) {
  std::optional<LeftOut> found;
  for_each_line(descriptor, 0, [&](std::string_view line, std::uintmax_t at) {
    found = as_note(line, at);
    return !found;
  });
  return found;
}

std::string replacement_of_log(const std::string& path) {
  return path + ".new";
}

BoundedFile::BoundedFile(std::string path, std::size_t limit_bytes)
    : path_{std::move(path)},
      limit_bytes_{std::max(limit_bytes, kLeastLogBytes)},
      file_{open_file(path_, O_RDWR | O_APPEND)},
      bytes_{size_of(file_)} {}

void BoundedFile::append(std::string line) {
  if (line.size() > kMostLineBytes) {
    line.resize(kMostLineBytes);
    line += "...\n";
  }
  if (bytes_ + line.size() > limit_bytes_) shorten();
  // One write per line keeps lines whole; a short one is a full disk.
  const auto written = ::write(file_.get(), line.data(), line.size());
  if (written > 0) bytes_ += static_cast<std::uintmax_t>(written);
}

void BoundedFile::shorten() {
  const int old = file_.get();
  auto left = left_out_of(old).value_or(LeftOut{});
  // None yet, or of a larger limit than today's.
  if (left.at == 0 || left.at > limit_bytes_ / 2) left = {.at = line_before(old, limit_bytes_ / 2)};
  const auto middle = left.at + left.line_bytes;
  const auto tail = line_before(old, bytes_ - std::min<std::uintmax_t>(bytes_, limit_bytes_ / 4));
  if (tail <= middle) return;  // a file of someone else's lines, too long to be lines at all
  left.lines += lines_between(old, middle, tail);
  left.bytes += tail - middle;

  const auto path = replacement_of_log(path_);
  auto shorter = open_file(path, O_RDWR | O_APPEND | O_TRUNC);
  if (!copy(file_, 0, left.at, shorter) || !write_all(shorter.get(), note(left)) ||
      !copy(file_, tail, bytes_, shorter) || ::rename(path.c_str(), path_.c_str()) != 0) {
    const int cause = errno;
    ::unlink(path.c_str());
    errno = cause;
    fail(path_, "shortened");
  }
  bytes_ = size_of(shorter);
  file_ = std::move(shorter);
}

}  // namespace iib
