#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/id.hpp"
#include "iib/base/log.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::io {

/// What a request leaves besides its rows (rest-api 7, pipeline 11).
enum class ArtifactKind { request_log, related_bundles, nested_bundles };

/// Where logs and artifacts of requests are kept. Safe to call from any thread. Failures throw
/// ExternalError naming the file.
class Artifacts {
 public:
  virtual ~Artifacts() = default;
  /// Whether that kind is kept at all.
  [[nodiscard]] virtual bool configured(ArtifactKind kind) const = 0;
  /// The log of `request`, opened for appending; lines go to `also` too.
  [[nodiscard]] virtual std::shared_ptr<LogSink> open_log(RequestId request,
                                                          std::shared_ptr<LogSink> also) = 0;
  /// The artifact's size in bytes; nothing when there is none.
  [[nodiscard]] virtual std::optional<std::uintmax_t> size(ArtifactKind kind,
                                                           RequestId request) const = 0;
  /// At most `bytes` of it, beginning at `offset`; nothing when there is none.
  [[nodiscard]] virtual std::optional<std::string> read(ArtifactKind kind, RequestId request,
                                                        std::uintmax_t offset,
                                                        std::size_t bytes) const = 0;
  /// Makes `content` the artifact; readers see it whole or not at all. Does nothing when that kind
  /// is not kept.
  virtual void write(ArtifactKind kind, RequestId request, std::string_view content) = 0;
};

/// An artifact that is kept.
struct StoredArtifact {
  ArtifactKind kind = ArtifactKind::request_log;  ///< What it is.
  RequestId request;                              ///< Whose it is.
};

/// Artifacts in local folders, under the file names of rest-api 7. A kind without a folder (absent
/// or empty path) is not kept.
class LocalArtifacts final : public Artifacts {
 public:
  /// Makes the folders that do not exist. Throws ExternalError naming the one that cannot be made.
  explicit LocalArtifacts(std::map<ArtifactKind, std::filesystem::path> folders);

  [[nodiscard]] bool configured(ArtifactKind kind) const override;
  [[nodiscard]] std::shared_ptr<LogSink> open_log(RequestId request,
                                                  std::shared_ptr<LogSink> also) override;
  [[nodiscard]] std::optional<std::uintmax_t> size(ArtifactKind kind,
                                                   RequestId request) const override;
  [[nodiscard]] std::optional<std::string> read(ArtifactKind kind, RequestId request,
                                                std::uintmax_t offset,
                                                std::size_t bytes) const override;
  void write(ArtifactKind kind, RequestId request, std::string_view content) override;
  /// Every artifact that was last written before `moment`; files of other names are not ours.
  [[nodiscard]] std::vector<StoredArtifact> written_before(Timestamp moment) const;
  /// Deletes it; that it is gone already is no failure.
  void remove(const StoredArtifact& artifact) const;

 private:
  [[nodiscard]] std::filesystem::path path_of(ArtifactKind kind, RequestId request) const;
  std::map<ArtifactKind, std::filesystem::path> folders_;
};

}  // namespace iib::io
