#include "catalog/fbc/tar_digest.hpp"

#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 512;
constexpr std::size_t kChunk = 256UL << 10U;
/// As of the reader of catalogs.
constexpr std::size_t kMaxDepth = 100;

[[noreturn]] void fail(const fs::path& path) {
  throw ExternalError{
      fmt::format("{} cannot be read: {}", path.string(), std::generic_category().message(errno)),
      ExternalError::Retry::no};
}

std::vector<std::string> sorted_names(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry{directory, error}, end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) {
    throw ExternalError{fmt::format("{} cannot be read: {}", directory.string(), error.message()),
                        ExternalError::Retry::no};
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Walk {
 public:
  /// Skips what `known` (null: nothing) says to be the same.
  Walk(Fnv& digest, const fs::path& root, const RootModes& modes, const Cancellation& cancellation,
       const KnownTree* known)
      : digest_{digest},
        root_{root},
        modes_{modes},
        cancellation_{cancellation},
        known_{known},
        buffer_(kChunk, '\0') {}

  DigestSteps run() {
    visit(".", 0);
    begin({}, false, 0);
    digest_.add_zeros(2 * kBlock);
    return std::move(steps_);
  }

 private:
  /// Notes where the digest stands before an entry; false when the entry is known to be the same.
  bool begin(const std::string& name, bool directory, unsigned mode) {
    if (known_ == nullptr) {
      steps_.push_back({name, directory, mode, digest_.value()});
      return true;
    }
    const auto& old = known_->steps[steps_.size()];
    const bool is_same = old.name == name && old.directory == directory && old.mode == mode &&
                         !std::binary_search(known_->changed.begin(), known_->changed.end(), name);
    // At the end the digest has to be right, too.
    if (!is_same || name.empty()) {
      digest_.go_on_from(old.state);
      known_ = nullptr;
    }
    steps_.push_back({name, directory, mode, old.state});
    return !is_same;
  }

  void visit(const std::string& directory, std::size_t depth) {
    if (depth > kMaxDepth) {
      throw UserError{fmt::format(
          "the directories of {} are nested more than {} deep: move what is below further up",
          root_.string(), kMaxDepth)};
    }
    const auto mode = modes_.of_directory(directory);
    if (begin(directory, true, mode)) {
      digest_.add(tar_header(directory, TarType::directory, mode, 0));
    }
    for (const auto& name : sorted_names(root_ / directory)) {
      take(directory == "." ? name : fmt::format("{}/{}", directory, name), depth);
    }
  }

  void take(const std::string& name, std::size_t depth) {
    const auto status = fs::symlink_status(root_ / name);
    if (fs::is_directory(status)) {
      visit(name, depth + 1);
    } else if (fs::is_regular_file(status)) {
      add_file(name);
    } else if (!fs::is_symlink(status)) {
      throw UserError{fmt::format("{} is no regular file: remove it", (root_ / name).string())};
    }
  }

  void add_file(const std::string& name) {
    cancellation_.check("computing the digest of the cache");
    const auto mode = modes_.of_file(name);
    if (!begin(name, false, mode)) return;
    const auto path = root_ / name;
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    struct stat status {};
    if (!file.is_open() || ::fstat(file.get(), &status) != 0) fail(path);
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    digest_.add(tar_header(name, TarType::file, mode, bytes));
    add_content(file, path, bytes);
    digest_.add_zeros((kBlock - bytes % kBlock) % kBlock);
  }

  void add_content(const Descriptor& file, const fs::path& path, std::uint64_t bytes) {
    while (bytes > 0) {
      const auto wanted = std::min<std::uint64_t>(bytes, buffer_.size());
      const auto got = ::read(file.get(), buffer_.data(), wanted);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(path);
      if (got == 0) {
        throw ExternalError{
            fmt::format(
                "{} became shorter while it was read: try again when nothing else writes to it",
                path.string()),
            ExternalError::Retry::no};
      }
      digest_.add(std::string_view{buffer_}.substr(0, static_cast<std::size_t>(got)));
      bytes -= static_cast<std::uint64_t>(got);
    }
  }

  Fnv& digest_;
  const fs::path& root_;
  const RootModes& modes_;
  const Cancellation& cancellation_;
  const KnownTree* known_;  // until the first difference
  DigestSteps steps_;
  std::string buffer_;
};

}  // namespace

DigestSteps add_tree(Fnv& digest, const fs::path& root, const RootModes& modes,
                     const Cancellation& cancellation, const KnownTree* known) {
  return Walk{digest, root, modes, cancellation, known}.run();
}

}  // namespace iib::catalog::fbc
