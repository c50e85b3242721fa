#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/id.hpp"
#include "iib/base/log.hpp"
#include "iib/base/log_file.hpp"

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

/// An artifact that was opened: another that takes its place does not change it. What is appended
/// to it shows. Safe to share between threads.
class OpenArtifact {
 public:
  virtual ~OpenArtifact() = default;
  /// Its bytes by now.
  [[nodiscard]] virtual std::uintmax_t size() const = 0;
  /// At most `bytes` of it, beginning at `offset`; fewer only at its end.
  [[nodiscard]] virtual std::string read(std::uintmax_t offset, std::size_t bytes) const = 0;
  /// What a log lacks in its middle; nothing for others and for a whole one.
  [[nodiscard]] virtual std::optional<LeftOut> left_out() const = 0;
  /// Whether `other` is the same one, and not one that took its place.
  [[nodiscard]] virtual bool is(const OpenArtifact& other) const = 0;
};

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
  /// The artifact as it is now; null when there is none.
  [[nodiscard]] virtual std::shared_ptr<const OpenArtifact> open(ArtifactKind kind,
                                                                 RequestId request) const = 0;
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
  /// Makes the folders that do not exist. No log becomes longer than `log_bytes`
  /// (`iib_request_log_size`). Throws ExternalError naming the folder that cannot be made.
  explicit LocalArtifacts(std::map<ArtifactKind, std::filesystem::path> folders,
                          std::size_t log_bytes = 10UL << 20U);

  [[nodiscard]] bool configured(ArtifactKind kind) const override;
  [[nodiscard]] std::shared_ptr<LogSink> open_log(RequestId request,
                                                  std::shared_ptr<LogSink> also) override;
  [[nodiscard]] std::shared_ptr<const OpenArtifact> open(ArtifactKind kind,
                                                         RequestId request) const override;
  void write(ArtifactKind kind, RequestId request, std::string_view content) override;
  /// Every artifact that was last written before `moment`; files of other names are not ours.
  [[nodiscard]] std::vector<StoredArtifact> written_before(Timestamp moment) const;
  /// Deletes it; that it is gone already is no failure.
  void remove(const StoredArtifact& artifact) const;

 private:
  [[nodiscard]] std::filesystem::path path_of(ArtifactKind kind, RequestId request) const;
  std::map<ArtifactKind, std::filesystem::path> folders_;
  std::size_t log_bytes_;
};

}  // namespace iib::io
