#include "image/registry/upload.hpp"

#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"
#include "image/registry/failure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace iib::image {
namespace {

using Retry = ExternalError::Retry;

constexpr std::string_view kAnyBytes = "application/octet-stream";

/// A session of uploading one blob (OCI distribution-spec, "Pushing a blob in chunks").
struct Session {
  io::HttpUrl url;
  std::uint64_t sent = 0;   ///< What the registry has.
  std::uint64_t least = 0;  ///< The smallest piece it takes, but for the last.
};

/// One upload over all its tries.
class Upload {
 public:
  Upload(RegistryCalls& calls, const Errand& errand, const Blob& blob,
         const io::BodySource& content, Expected expected)
      : calls_{calls},
        errand_{errand},
        blob_{blob},
        content_{content},
        look_{expected == Expected::perhaps_there},
        in_pieces_{blob.size > calls.options().chunked_above} {}

  /// One try; what is left of the last one is used. Gives whether anything was sent.
  bool run(bool& moved_on) {
    if (!session_ && look_ && find_blob(calls_, errand_, blob_.digest)) return false;
    look_ = true;  // the next try: this one may have stored it although it fails
    if (session_ && !resume()) session_.reset();
    if (!session_) begin();
    if (!in_pieces_ && finish_whole()) return true;
    const auto before = session_->sent;
    try {
      while (session_->sent < blob_.size) send_piece();
    } catch (const ExternalError&) {
      moved_on = session_ && session_->sent > before;
      throw;
    }
    finish_pieces();
    return true;
  }

 private:
  void begin() {
    auto request = calls_.request(errand_, "POST", "blobs/uploads/");
    const auto reply = calls_.send(errand_, std::move(request));
    expect(reply, "POST", {202}, errand_.step);
    session_ = Session{.url = calls_.location(errand_, reply)};
    const auto least = reply.answer.header("OCI-Chunk-Min-Length");
    std::from_chars(least.data(), least.data() + least.size(), session_->least);
  }

  /// All in one PUT; false when the registry wants pieces.
  bool finish_whole() {
    auto request = put_request();
    request.source = content_;
    request.source_bytes = blob_.size;
    request.limit = calls_.limit_for(blob_.size);
    // A failed PUT leaves a session of which nothing is known: the next try has one of its own.
    const auto url = std::exchange(session_, std::nullopt)->url;
    const auto reply = calls_.send_to(errand_, with_digest(url), std::move(request));
    const int status = reply.answer.status;
    if (status == 405 || status == 411 || status == 413 || status == 415 || status == 501) {
      in_pieces_ = true;
      begin();
      return false;
    }
    check_stored(reply);
    return true;
  }

  void send_piece() {
    const auto offset = session_->sent;
    const auto wanted = std::max({calls_.options().chunk_bytes, session_->least, std::uint64_t{1}});
    const auto count = std::min(wanted, blob_.size - offset);
    auto request = calls_.request(errand_, "PATCH", "");
    request.headers = {{"Content-Range", fmt::format("{}-{}", offset, offset + count - 1)}};
    request.content_type = kAnyBytes;
    request.limit = calls_.limit_for(count);
    request.source_bytes = count;
    request.source = [&](std::uint64_t at, std::span<char> buffer) {
      return content_(offset + at,
                      buffer.first(std::min<std::uint64_t>(buffer.size(), count - at)));
    };
    const auto reply = calls_.send_to(errand_, session_->url, std::move(request));
    check_session(reply, "PATCH", {202});
    session_->url = calls_.location(errand_, reply);
    session_->sent = offset + count;
  }

  /// Asks how far the session came; false when it is lost.
  bool resume() {
    auto request = calls_.request(errand_, "GET", "");
    const auto reply = calls_.send_to(errand_, session_->url, std::move(request));
    if (reply.answer.status != 204 && reply.answer.status != 202) {
      if (reply.answer.status == 429 || reply.answer.status >= 500) {
        throw_status(reply.answer, reply.what("GET"), errand_.step);
      }
      return false;
    }
    const auto range = reply.answer.header("Range");
    const auto dash = range.find('-');
    std::uint64_t last = 0;
    if (dash != std::string::npos) {
      std::from_chars(range.data() + dash + 1, range.data() + range.size(), last);
    }
    // `0-0` tells of no byte, or of one: sending that one again would be refused, beginning anew
    // costs nothing.
    if (last == 0 || last >= blob_.size) return false;
    session_->sent = last + 1;
    if (!reply.answer.header("Location").empty()) session_->url = calls_.location(errand_, reply);
    return true;
  }

  void finish_pieces() {
    const auto url = std::exchange(session_, std::nullopt)->url;
    check_stored(calls_.send_to(errand_, with_digest(url), put_request()));
  }

  [[nodiscard]] io::HttpRequest put_request() const {
    auto request = calls_.request(errand_, "PUT", "");
    request.content_type = kAnyBytes;
    return request;
  }

  [[nodiscard]] io::HttpUrl with_digest(io::HttpUrl url) const {
    url.target += url.target.find('?') == std::string::npos ? '?' : '&';
    url.target += "digest=" + io::percent_encoded(blob_.digest.text());
    return url;
  }

  void check_stored(const Reply& reply) {
    check_session(reply, "PUT", {201, 204});
    const auto told = reply.answer.header("Docker-Content-Digest");
    if (told.empty() || told == blob_.digest.text()) return;
    throw ExternalError{
        fmt::format("{} cannot be {}: {} stored {} instead of {}; look for damage "
                    "there",
                    errand_.step.subject, errand_.step.action, errand_.step.registry,
                    error_text({.body = told}), blob_.digest.text()),
        Retry::yes};
  }

  /// A session that the registry no longer knows is worth another.
  void check_session(const Reply& reply, std::string_view method,
                     std::initializer_list<int> expected) {
    const int status = reply.answer.status;
    if (std::find(expected.begin(), expected.end(), status) != expected.end()) return;
    if (status != 404 && status != 416)
      throw_status(reply.answer, reply.what(method), errand_.step);
    if (status == 404) session_.reset();
    throw ExternalError{
        fmt::format("{} cannot be {}: {} answered {}: the session of the upload is lost ({}); look "
                    "into {}, then submit the request again",
                    errand_.step.subject, errand_.step.action, reply.what(method), status,
                    error_text(reply.answer), errand_.step.registry),
        Retry::yes};
  }

  RegistryCalls& calls_;
  const Errand& errand_;
  const Blob& blob_;
  const io::BodySource& content_;
  bool look_;
  bool in_pieces_;
  std::optional<Session> session_;
};

[[noreturn]] void fail_file(const std::filesystem::path& file, std::string_view cause) {
  throw ExternalError{fmt::format("{} cannot be uploaded: {}; it must not be touched while iibd "
                                  "works with it",
                                  file.string(), cause),
                      Retry::no};
}

/// Best effort: registries remove forgotten sessions themselves.
void cancel_session(RegistryCalls& calls, const Errand& errand, const Reply& opened) {
  try {
    static_cast<void>(
        calls.send_to(errand, calls.location(errand, opened), calls.request(errand, "DELETE", "")));
  } catch (const ExternalError& error) {
    errand.access.log.debug("an upload was left to the registry to cancel: {}", error.what());
  }
}

}  // namespace

bool find_blob(RegistryCalls& calls, const Errand& errand, const model::Digest& digest) {
  const auto reply = calls.send(errand, calls.request(errand, "HEAD", "blobs/" + digest.text()));
  const int status = reply.answer.status;
  // A redirect leads to the storage, whose signed URL may be good for GET alone.
  if (status == 200 || status == 307 || status == 302) return true;
  if (status == 404) return false;
  throw_status(reply.answer, reply.what("HEAD"), errand.step);
}

bool mount_blob(RegistryCalls& calls, const Errand& errand, const model::Digest& digest) {
  // Quay refuses ?mount= without &from=.
  const auto path =
      fmt::format("blobs/uploads/?mount={}&from={}", io::percent_encoded(digest.text()),
                  io::percent_encoded(errand.wanted.mount_from.value_or("")));
  try {
    return calls.retried(errand, [&](bool& /*moved_on*/) {
      const auto reply = calls.send(errand, calls.request(errand, "POST", path));
      const int status = reply.answer.status;
      if (status == 201) return true;
      if (status == 429 || status >= 500) {
        throw_status(reply.answer, reply.what("POST"), errand.step);
      }
      if (status == 202) cancel_session(calls, errand, reply);
      return false;
    });
  } catch (const ExternalError& error) {
    errand.access.cancellation.check(errand.step.subject);
    // One who may push here need not be allowed to read there.
    if (error.worth_retrying()) throw;
    errand.access.log.debug("{} is not mounted: {}", digest.text(), error.what());
    return false;
  }
}

bool upload_blob(RegistryCalls& calls, const Errand& errand, const Blob& blob,
                 const io::BodySource& content, Expected expected) {
  Upload upload{calls, errand, blob, content, expected};
  return calls.retried(errand, [&](bool& moved_on) { return upload.run(moved_on); });
}

io::BodySource read_from(const std::filesystem::path& file, std::uint64_t size) {
  // Shared, because a BodySource is copied.
  auto opened = std::make_shared<Descriptor>(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!opened->is_open() || ::fstat(opened->get(), &status) != 0) {
    fail_file(file, std::strerror(errno));
  }
  if (static_cast<std::uint64_t>(status.st_size) != size) {
    fail_file(file, fmt::format("it has {} bytes instead of {}", status.st_size, size));
  }
  return [file, opened](std::uint64_t offset, std::span<char> buffer) {
    const auto got =
        ::pread(opened->get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0) fail_file(file, std::strerror(errno));
    return static_cast<std::size_t>(got);
  };
}

}  // namespace iib::image
