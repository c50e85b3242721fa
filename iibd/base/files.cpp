#include "iib/base/files.hpp"

#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace iib {
namespace {

/// Removes a name on every way out; after a rename there is nothing left under it.
class UnlinkOnExit {
 public:
  explicit UnlinkOnExit(const std::string& name) noexcept : name_{name} {}
  UnlinkOnExit(const UnlinkOnExit&) = delete;
  UnlinkOnExit& operator=(const UnlinkOnExit&) = delete;
  ~UnlinkOnExit() { ::unlink(name_.c_str()); }

 private:
  const std::string& name_;
};

ExternalError io_error(const std::filesystem::path& path, std::string_view action) {
  const int code = errno;
  const auto retry =
      code == EINTR || code == EAGAIN ? ExternalError::Retry::yes : ExternalError::Retry::no;
  return ExternalError{fmt::format("{} cannot be {}: {}", path.string(), action,
                                   std::generic_category().message(code)),
                       retry};
}

void sync_directory(const std::filesystem::path& directory) {
  const Descriptor opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened.is_open() || ::fsync(opened.get()) != 0) throw io_error(directory, "synced");
}

}  // namespace

TempDir::TempDir(const std::filesystem::path& parent, std::string_view prefix) {
  std::string pattern = (parent / fmt::format("{}XXXXXX", prefix)).string();
  if (::mkdtemp(pattern.data()) == nullptr) throw io_error(parent, "given a temporary directory");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;  // nothing sensible to do here; the start-up sweep removes what is left
  std::filesystem::remove_all(path_, ignored);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content,
                           unsigned mode) {
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!file.is_open()) throw io_error(path, "written");
  const UnlinkOnExit leftover{temporary};
  if (!write_all(file.get(), content) || ::fchmod(file.get(), mode) != 0 ||
      ::fsync(file.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
    throw io_error(path, "written");
  }
  sync_directory(path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."});
}

std::string read_file(const std::filesystem::path& path, std::size_t limit_bytes) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) throw io_error(path, "read");
  std::string content;
  constexpr std::size_t kChunk = 64UL * 1024;
  for (;;) {
    const std::size_t before = content.size();
    content.resize(before + kChunk);
    const ssize_t got = ::read(file.get(), content.data() + before, kChunk);
    if (got < 0 && errno == EINTR) {
      content.resize(before);
      continue;
    }
    if (got < 0) throw io_error(path, "read");
    content.resize(before + static_cast<std::size_t>(got));
    if (content.size() > limit_bytes) {
      throw UserError{fmt::format("{} is larger than {} bytes", path.string(), limit_bytes)};
    }
    if (got == 0) return content;
  }
}

}  // namespace iib
