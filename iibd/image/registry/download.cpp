#include "image/registry/download.hpp"

#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"
#include "image/registry/failure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace iib::image {
namespace {

namespace fs = std::filesystem;
using Retry = ExternalError::Retry;

/// What httplib gives comes in small pieces.
constexpr std::size_t kWriteBytes = 256UL << 10U;
/// What a try must bring for the tries to be counted anew.
constexpr std::uint64_t kProgressBytes = 1UL << 20U;

[[noreturn]] void fail(const Step& step, std::string_view what, Retry retry) {
  throw ExternalError{
      fmt::format("{} cannot be {}: {}; look for damage in {}, or for something between that "
                  "changes answers",
                  step.subject, step.action, what, step.registry),
      retry};
}

[[noreturn]] void fail_disk(const fs::path& file) {
  throw ExternalError{fmt::format("{} cannot be written: {}; free space below iib_state_dir",
                                  file.string(), std::strerror(errno)),
                      Retry::no};
}

/// A compressed layer is hardly ever longer than what comes out of it, which has the same bound.
void check_size(const Blob& layer, std::uint64_t limit, const Step& step) {
  if (layer.size <= limit) return;
  throw UserError{fmt::format(
      "{} cannot be {}: its manifest says that the layer {} is {} bytes long, more than "
      "the {} that iibd fetches of one; make the image of smaller layers",
      step.subject, step.action, layer.digest.text(), layer.size, limit)};
}

/// A blob as far as it has come.
class PartialFile {
 public:
  PartialFile(fs::path path, const Blob& blob, const Step& step)
      : path_{std::move(path)},
        blob_{blob},
        step_{step},
        file_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)} {
    if (!file_.is_open()) fail_disk(path_);
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile() {
    if (whole_) return;
    std::error_code ignored;  // the start-up sweep removes what is left
    fs::remove(path_, ignored);
  }

  /// How many bytes are there.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  void append(std::string_view bytes) {
    if (bytes.size() > blob_.size - size_) {
      restart();
      fail(step_,
           fmt::format("{} is longer than the {} bytes that the manifest says", blob_.digest.text(),
                       blob_.size),
           Retry::yes);
    }
    hash_.update(bytes);
    size_ += bytes.size();
    pending_ += bytes;
    if (pending_.size() >= kWriteBytes) flush();
  }

  /// Begins anew: what there is is of no use.
  void restart() {
    pending_.clear();
    hash_ = Sha256{};
    size_ = 0;
    if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) != 0) {
      fail_disk(path_);
    }
  }

  /// Checks the whole; the file stays from then on.
  void finish() {
    flush();
    if (size_ != blob_.size) {
      fail(step_,
           fmt::format("{} ended after {} of {} bytes: unexpected EOF", blob_.digest.text(), size_,
                       blob_.size),
           Retry::yes);
    }
    const auto digest = std::exchange(hash_, Sha256{}).finish_hex();
    if (digest != blob_.digest.hex()) {
      restart();
      fail(step_, fmt::format("instead of {} came sha256:{}", blob_.digest.text(), digest),
           Retry::yes);
    }
    whole_ = true;
  }

 private:
  void flush() {
    if (!write_all(file_.get(), pending_)) fail_disk(path_);
    pending_.clear();
  }

  fs::path path_;
  const Blob& blob_;
  const Step& step_;
  Descriptor file_;
  std::string pending_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
  bool whole_ = false;
};

/// Whether a 206 continues where we ended (RFC 9110, 14.4).
bool continues_at(const io::HttpAnswer& answer, std::uint64_t offset) {
  return answer.header("Content-Range").starts_with(fmt::format("bytes {}-", offset));
}

io::HttpRequest blob_request(const RegistryCalls& calls, const Errand& errand, const Blob& blob) {
  auto request = calls.request(errand, "GET", "blobs/" + blob.digest.text());
  request.limit = calls.limit_for(blob.size);
  return request;
}

/// One try. What has come stays for the next.
void continue_download(RegistryCalls& calls, const Errand& errand, const Blob& blob,
                       PartialFile& file) {
  auto request = blob_request(calls, errand, blob);
  const auto offset = file.size();
  if (offset > 0) request.headers.emplace_back("Range", fmt::format("bytes={}-", offset));
  request.sink.begin = [&](const io::HttpAnswer& head) {
    if (head.status == 206 && offset > 0 && continues_at(head, offset)) return true;
    if (head.status == 200 && offset > 0) file.restart();  // a server without ranges sends all
    return head.status == 200;
  };
  request.sink.write = [&](std::string_view bytes) { file.append(bytes); };
  const auto reply = calls.send(errand, std::move(request), RegistryCalls::Redirects::followed);
  const int status = reply.answer.status;
  if (offset > 0 && (status == 416 || (status == 206 && !continues_at(reply.answer, offset)))) {
    file.restart();
    fail(errand.step, fmt::format("{} cannot be continued at byte {}", blob.digest.text(), offset),
         Retry::yes);
  }
  expect(reply, "GET", {200, 206}, errand.step);
}

}  // namespace

std::string fetch_blob(RegistryCalls& calls, const Errand& errand, const Blob& blob,
                       std::size_t limit) {
  const auto& step = errand.step;
  if (blob.size > limit) {
    fail(step,
         fmt::format("{} is {} bytes long, more than {}", blob.digest.text(), blob.size, limit),
         Retry::no);
  }
  return calls.retried(errand, [&](bool& /*moved_on*/) {
    auto request = blob_request(calls, errand, blob);
    request.body_limit = limit;
    auto reply = calls.send(errand, std::move(request), RegistryCalls::Redirects::followed);
    expect(reply, "GET", {200}, step);
    const auto digest = model::Digest::of(reply.answer.body);
    if (digest != blob.digest || reply.answer.body.size() != blob.size) {
      fail(step,
           fmt::format("instead of {} came {} of {} bytes", blob.digest.text(), digest.text(),
                       reply.answer.body.size()),
           Retry::yes);
    }
    return std::move(reply.answer.body);
  });
}

void download_blob(RegistryCalls& calls, const Errand& errand, const Blob& blob,
                   const fs::path& path) {
  check_size(blob, calls.options().layer_bytes, errand.step);
  PartialFile file{path, blob, errand.step};
  calls.retried(errand, [&](bool& moved_on) {
    const auto before = file.size();
    try {
      // All may have come before a connection ended badly.
      if (before < blob.size || blob.size == 0) continue_download(calls, errand, blob, file);
      file.finish();
    } catch (const ExternalError&) {
      moved_on = file.size() >= before + kProgressBytes;
      throw;
    }
  });
}

}  // namespace iib::image
