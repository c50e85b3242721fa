#include "iib/io/artifacts.hpp"

#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>

namespace iib::io {
namespace {

std::string_view suffix(ArtifactKind kind) {
  switch (kind) {
    case ArtifactKind::request_log:
      return ".log";
    case ArtifactKind::related_bundles:
      return "_related_bundles.json";
    case ArtifactKind::nested_bundles:
      return "_recursive_related_bundles.json";
  }
  return {};
}

/// The request that a file of `kind` belongs to, by its name.
std::optional<RequestId> request_of(const std::string& name, ArtifactKind kind) {
  std::int64_t id = 0;
  const auto* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data(), end, id);
  if (error != std::errc{} || id <= 0) return std::nullopt;
  if (std::string_view{rest, static_cast<std::size_t>(end - rest)} != suffix(kind)) {
    return std::nullopt;
  }
  return RequestId{id};
}

std::string folder_cannot_be_read(const std::filesystem::path& folder,
                                  const std::error_code& error) {
  return fmt::format("folder {} of artifacts cannot be read: {}", folder.string(), error.message());
}

[[noreturn]] void cannot_be_read(const std::filesystem::path& path, int error) {
  throw ExternalError{
      fmt::format("{} cannot be read: {}", path.string(), std::generic_category().message(error)),
      ExternalError::Retry::no};
}

/// A file that is open for reading.
class OpenFile final : public OpenArtifact {
 public:
  OpenFile(std::filesystem::path path, ArtifactKind kind, Descriptor file)
      : path_{std::move(path)}, kind_{kind}, file_{std::move(file)} {}

  [[nodiscard]] std::uintmax_t size() const override {
    return static_cast<std::uintmax_t>(status().st_size);
  }

  [[nodiscard]] std::string read(std::uintmax_t offset, std::size_t bytes) const override {
    const auto total = size();
    std::string content;
    if (offset >= total) return content;
    content.resize(static_cast<std::size_t>(std::min<std::uintmax_t>(bytes, total - offset)));
    std::size_t got = 0;
    while (got < content.size()) {
      const auto read = ::pread(file_.get(), content.data() + got, content.size() - got,
                                static_cast<off_t>(offset + got));
      if (read < 0 && errno == EINTR) continue;
      if (read < 0) cannot_be_read(path_, errno);
      if (read == 0) break;
      got += static_cast<std::size_t>(read);
    }
    content.resize(got);
    return content;
  }

  [[nodiscard]] std::optional<LeftOut> left_out() const override {
    return kind_ == ArtifactKind::request_log ? left_out_of(file_.get()) : std::nullopt;
  }

  [[nodiscard]] bool is(const OpenArtifact& other) const override {
    const auto* const file = dynamic_cast<const OpenFile*>(&other);
    if (file == nullptr) return false;
    const auto own = status();
    const auto its = file->status();
    return own.st_dev == its.st_dev && own.st_ino == its.st_ino;
  }

 private:
  [[nodiscard]] struct ::stat status() const {
    struct ::stat status {};
    if (::fstat(file_.get(), &status) != 0) cannot_be_read(path_, errno);
    return status;
  }

  std::filesystem::path path_;
  ArtifactKind kind_;
  Descriptor file_;
};

/// A death while a log was shortened left the shorter one unfinished.
void remove_unfinished_logs(const std::filesystem::path& folder) {
  const auto unfinished = replacement_of_log(std::string{suffix(ArtifactKind::request_log)});
  std::error_code error;
  for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;  // what stays is as long as a log at most
    if (entry->path().string().ends_with(unfinished)) {
      std::filesystem::remove(entry->path(), ignored);
    }
  }
}

}  // namespace

LocalArtifacts::LocalArtifacts(std::map<ArtifactKind, std::filesystem::path> folders,
                               std::size_t log_bytes)
    : folders_{std::move(folders)}, log_bytes_{log_bytes} {
  std::erase_if(folders_, [](const auto& entry) { return entry.second.empty(); });
  for (const auto& [kind, folder] : folders_) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
      throw ExternalError{fmt::format("folder {} for artifacts cannot be made: {}", folder.string(),
                                      error.message()),
                          ExternalError::Retry::no};
    }
    if (kind == ArtifactKind::request_log) remove_unfinished_logs(folder);
  }
}

bool LocalArtifacts::configured(ArtifactKind kind) const {
  return folders_.contains(kind);
}

std::filesystem::path LocalArtifacts::path_of(ArtifactKind kind, RequestId request) const {
  const auto folder = folders_.find(kind);
  if (folder == folders_.end()) return {};
  return folder->second / fmt::format("{}{}", request.value(), suffix(kind));
}

std::shared_ptr<LogSink> LocalArtifacts::open_log(RequestId request,
                                                  std::shared_ptr<LogSink> also) {
  if (!configured(ArtifactKind::request_log)) return also;
  return make_bounded_file_sink(path_of(ArtifactKind::request_log, request).string(), log_bytes_,
                                std::move(also));
}

std::shared_ptr<const OpenArtifact> LocalArtifacts::open(ArtifactKind kind,
                                                         RequestId request) const {
  if (!configured(kind)) return nullptr;
  const auto path = path_of(kind, request);
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.is_open()) return std::make_shared<OpenFile>(path, kind, std::move(file));
  if (errno == ENOENT) return nullptr;
  cannot_be_read(path, errno);
}

void LocalArtifacts::write(ArtifactKind kind, RequestId request, std::string_view content) {
  if (configured(kind)) write_file_atomically(path_of(kind, request), content);
}

std::vector<StoredArtifact> LocalArtifacts::written_before(Timestamp moment) const {
  std::vector<StoredArtifact> old;
  for (const auto& [kind, folder] : folders_) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end;
         entry.increment(error)) {
      const auto request = request_of(entry->path().filename().string(), kind);
      if (!request) continue;
      std::error_code gone;  // deleted meanwhile
      const auto written = std::filesystem::last_write_time(entry->path(), gone);
      if (!gone && std::chrono::file_clock::to_sys(written) < moment) {
        old.push_back({kind, *request});
      }
    }
    if (error) throw ExternalError{folder_cannot_be_read(folder, error), ExternalError::Retry::no};
  }
  return old;
}

void LocalArtifacts::remove(const StoredArtifact& artifact) const {
  const auto path = path_of(artifact.kind, artifact.request);
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) {
    throw ExternalError{fmt::format("{} cannot be deleted: {}", path.string(), error.message()),
                        ExternalError::Retry::no};
  }
}

}  // namespace iib::io
