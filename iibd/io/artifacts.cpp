#include "iib/io/artifacts.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <fstream>
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

std::string cannot_be_read(const std::filesystem::path& folder, const std::error_code& error) {
  return fmt::format("folder {} of artifacts cannot be read: {}", folder.string(), error.message());
}

}  // namespace

LocalArtifacts::LocalArtifacts(std::map<ArtifactKind, std::filesystem::path> folders)
    : folders_{std::move(folders)} {
  std::erase_if(folders_, [](const auto& entry) { return entry.second.empty(); });
  for (const auto& [kind, folder] : folders_) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
      throw ExternalError{fmt::format("folder {} for artifacts cannot be made: {}", folder.string(),
                                      error.message()),
                          ExternalError::Retry::no};
    }
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
  return make_file_sink(path_of(ArtifactKind::request_log, request).string(), std::move(also));
}

std::optional<std::uintmax_t> LocalArtifacts::size(ArtifactKind kind, RequestId request) const {
  if (!configured(kind)) return std::nullopt;
  std::error_code absent;
  const auto bytes = std::filesystem::file_size(path_of(kind, request), absent);
  return absent ? std::nullopt : std::optional{bytes};
}

std::optional<std::string> LocalArtifacts::read(ArtifactKind kind, RequestId request,
                                                std::uintmax_t offset, std::size_t bytes) const {
  const auto total = size(kind, request);
  if (!total) return std::nullopt;
  const auto path = path_of(kind, request);
  std::ifstream file{path, std::ios::binary};
  std::string content;
  if (offset < *total) {
    content.resize(static_cast<std::size_t>(std::min<std::uintmax_t>(bytes, *total - offset)));
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad() || !file.is_open()) {
    throw ExternalError{fmt::format("{} cannot be read", path.string()), ExternalError::Retry::no};
  }
  return content;
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
    if (error) throw ExternalError{cannot_be_read(folder, error), ExternalError::Retry::no};
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
