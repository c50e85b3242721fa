#include "iib/io/tar_writer.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace iib::io {
namespace {

constexpr std::size_t kBlockBytes = 512;
constexpr std::size_t kReadBytes = 256UL * 1024;
/// The most that eleven octal digits can tell: a byte less than 8 GiB.
constexpr std::uint64_t kMostInField = (1ULL << 33U) - 1;
/// The most that seven can.
constexpr std::uint32_t kMostId = (1U << 21U) - 1;
constexpr char kFile = '0';
constexpr char kDirectory = '5';
constexpr char kPaxRecords = 'x';

/// A field of the header (POSIX.1-2001, pax, "ustar Interchange Format").
struct Field {
  std::size_t at;
  std::size_t size;
};
constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kOwner{108, 8};
constexpr Field kGroup{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kTime{136, 12};
constexpr Field kSum{148, 8};
constexpr Field kKind{156, 1};
constexpr Field kMagic{257, 8};
constexpr Field kDeviceMajor{329, 8};
constexpr Field kDeviceMinor{337, 8};

class Header {
 public:
  void put(Field field, std::string_view text) {
    text = text.substr(0, field.size);
    std::copy(text.begin(), text.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(field.at));
  }
  void put_number(Field field, std::uint64_t number) {
    put(field, fmt::format("{:0{}o}", number, field.size - 1));
  }
  /// The header with its checksum, which counts its own field as blanks.
  [[nodiscard]] std::string_view sealed() {
    put(kSum, std::string(kSum.size, ' '));
    unsigned sum = 0;
    for (const char byte : bytes_) sum += static_cast<unsigned char>(byte);
    put(kSum, fmt::format("{:06o}", sum) + '\0');
    return {bytes_.data(), bytes_.size()};
  }

 private:
  std::array<char, kBlockBytes> bytes_{};
};

Header make_header(std::string_view path, unsigned mode, TarOwner owner, std::uint64_t size,
                   char kind, std::uint64_t modified) {
  Header header;
  header.put(kName, path);
  header.put_number(kMode, mode);
  header.put_number(kOwner, owner.user);
  header.put_number(kGroup, owner.group);
  header.put_number(kSize, size);
  header.put_number(kTime, modified);
  header.put(kKind, std::string_view{&kind, 1});
  header.put(kMagic, std::string_view{"ustar\00000", kMagic.size});
  header.put_number(kDeviceMajor, 0);
  header.put_number(kDeviceMinor, 0);
  return header;
}

/// A PAX record, which begins with its own length in digits.
std::string record(std::string_view key, std::string_view value) {
  const auto rest = fmt::format(" {}={}\n", key, value);
  auto length = rest.size();
  for (;;) {
    auto text = fmt::format("{}{}", length, rest);
    if (text.size() == length) return text;
    length = text.size();
  }
}

}  // namespace

TarWriter::TarWriter(ByteSink sink, std::int64_t modified)
    : sink_{std::move(sink)},
      modified_{std::clamp<std::int64_t>(modified, 0, static_cast<std::int64_t>(kMostInField))} {}

void TarWriter::add_directory(std::string_view path, unsigned mode, TarOwner owner) {
  write_header(fmt::format("{}/", path), mode, owner, 0, kDirectory);
}

void TarWriter::add_file(std::string_view path, unsigned mode, std::uint64_t size,
                         const ByteSource& content, TarOwner owner) {
  write_header(path, mode, owner, size, kFile);
  std::vector<char> buffer(kReadBytes);
  std::uint64_t written = 0;
  while (const auto got = content(buffer)) {
    written += got;
    if (written > size) break;
    sink_({buffer.data(), got});
  }
  if (written != size) {
    throw ExternalError{
        fmt::format("{} cannot be put into an image: it changed while it was read", one_line(path)),
        ExternalError::Retry::no};
  }
  pad(size);
}

void TarWriter::finish() {
  sink_(std::string(2 * kBlockBytes, '\0'));
}

void TarWriter::write_header(std::string_view path, unsigned mode, TarOwner owner,
                             std::uint64_t size, char kind) {
  std::string records;
  if (path.size() > kName.size) records += record("path", path);
  if (size > kMostInField) records += record("size", std::to_string(size));
  if (owner.user > kMostId) records += record("uid", std::to_string(owner.user));
  if (owner.group > kMostId) records += record("gid", std::to_string(owner.group));
  write_records(records);
  const auto told = size > kMostInField ? 0 : size;
  const TarOwner fitting{owner.user > kMostId ? 0 : owner.user,
                         owner.group > kMostId ? 0 : owner.group};
  sink_(
      make_header(path, mode, fitting, told, kind, static_cast<std::uint64_t>(modified_)).sealed());
}

void TarWriter::write_records(std::string_view records) {
  if (records.empty()) return;
  // The name is for readers that know no PAX, which take the records for a file.
  constexpr unsigned kMode = 0644;
  sink_(make_header("PaxHeaders/entry", kMode, {}, records.size(), kPaxRecords,
                    static_cast<std::uint64_t>(modified_))
            .sealed());
  sink_(records);
  pad(records.size());
}

void TarWriter::pad(std::uint64_t written) {
  const auto over = static_cast<std::size_t>(written % kBlockBytes);
  if (over != 0) sink_(std::string(kBlockBytes - over, '\0'));
}

}  // namespace iib::io
