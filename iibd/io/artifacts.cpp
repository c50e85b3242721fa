#include "iib/io/artifacts.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <fmt/format.h>

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

}  // namespace iib::io
