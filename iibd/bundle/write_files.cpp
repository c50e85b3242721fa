#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"
#include "iib/bundle/regenerate.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <list>
#include <set>
#include <stdexcept>
#include <system_error>

namespace iib::bundle {
namespace {

namespace fs = std::filesystem;

/// For what `errno` says.
[[noreturn]] void fail(const fs::path& path, std::string_view action) {
  const int code = errno;
  throw ExternalError{fmt::format("{} cannot be {}: {}", path.string(), action,
                                  std::generic_category().message(code)),
                      ExternalError::Retry::no};
}

/// A new text beside the file that it will replace; goes away unless it does.
class Prepared {
 public:
  Prepared(fs::path target, std::string_view text)
      : target_{std::move(target)}, temporary_{fmt::format("{}.XXXXXX", target_.string())} {
    struct stat old {};
    if (::stat(target_.c_str(), &old) != 0) fail(target_, "read");
    file_ = Descriptor{::mkostemp(temporary_.data(), O_CLOEXEC)};
    if (!file_.is_open()) {
      temporary_.clear();
      fail(target_, "written");
    }
    try {
      fill(text, old);
    } catch (...) {
      discard();
      throw;
    }
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() { discard(); }

  /// Puts the new text in place of the old one.
  void commit() {
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(target_, "replaced");
    temporary_.clear();
  }
  [[nodiscard]] fs::path directory() const {
    return target_.has_parent_path() ? target_.parent_path() : fs::path{"."};
  }

 private:
  void fill(std::string_view text, const struct stat& old) {
    if (!write_all(file_.get(), text)) fail(target_, "written");
    // The owner before the mode, which a change of owner may narrow. Only root may give files away;
    // everyone else owns what they replace, or at least may.
    [[maybe_unused]] const int kept = ::fchown(file_.get(), old.st_uid, old.st_gid);
    constexpr mode_t kPermissions = 07777;
    if (::fchmod(file_.get(), old.st_mode & kPermissions) != 0 || ::fsync(file_.get()) != 0) {
      fail(target_, "written");
    }
    file_.close();
  }

  void discard() noexcept {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  fs::path target_;
  std::string temporary_;
  Descriptor file_;
};

/// Where the file of the bundle `path` is.
fs::path place_of(std::string_view path, const fs::path& manifests, const fs::path& metadata) {
  constexpr std::string_view kManifests = "manifests/";
  constexpr std::string_view kMetadata = "metadata/";
  if (path.starts_with(kManifests)) return manifests / path.substr(kManifests.size());
  if (path.starts_with(kMetadata)) return metadata / path.substr(kMetadata.size());
  throw std::logic_error{fmt::format("{} is no file of a bundle", path)};
}

void sync_directory(const fs::path& directory) {
  const Descriptor opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened.is_open() || ::fsync(opened.get()) != 0) fail(directory, "synced");
}

}  // namespace

void write_files(const std::vector<ChangedFile>& files, const fs::path& manifests,
                 const fs::path& metadata) {
  std::list<Prepared> prepared;
  for (const auto& file : files) {
    prepared.emplace_back(place_of(file.path, manifests, metadata), file.text);
  }
  std::set<fs::path> directories;
  for (auto& file : prepared) {
    file.commit();
    directories.insert(file.directory());
  }
  for (const auto& directory : directories) sync_directory(directory);
}

}  // namespace iib::bundle
