#include "image/registry/client.hpp"

#include "iib/base/error.hpp"
#include "image/registry/calls.hpp"
#include "image/registry/download.hpp"
#include "image/registry/failure.hpp"
#include "image/registry/upload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <initializer_list>
#include <utility>

namespace iib::image {
namespace {

using Retry = ExternalError::Retry;
using Redirects = RegistryCalls::Redirects;

constexpr std::string_view kAccepted =
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.oci.image.index.v1+json";

std::string media_type_of(const io::HttpAnswer& answer) {
  auto text = answer.header("Content-Type");
  text.erase(std::min(text.find(';'), text.size()));
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](unsigned char each) { return std::isspace(each) != 0; }),
             text.end());
  return text;
}

[[noreturn]] void fail(const Step& step, std::string_view what, std::string_view remedy,
                       Retry retry) {
  throw ExternalError{
      fmt::format("{} cannot be {}: {}; {}", step.subject, step.action, what, remedy), retry};
}

/// The digest of the bytes, which must be the one asked for, and the one that the registry tells.
void check_manifest(const model::ImageReference& image, const Reply& reply, const Step& step) {
  const auto digest = model::Digest::of(reply.answer.body).text();
  const auto told = reply.answer.header("Docker-Content-Digest");
  const bool other_algorithm = !told.empty() && !told.starts_with("sha256:");
  auto expected = told.empty() || other_algorithm ? digest : told;
  if (image.digest()) expected = image.digest()->text();
  if (digest == expected) return;
  fail(step,
       fmt::format("{} answered with {} instead of {}", reply.what("GET"), digest,
                   error_text({.body = expected})),
       fmt::format("look for damage in {}, or for something between that changes answers",
                   step.registry),
       Retry::yes);
}

bool contains(std::initializer_list<int> statuses, int status) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

io::BodySource from_memory(std::string_view bytes) {
  return [bytes](std::uint64_t offset, std::span<char> buffer) {
    const auto rest = bytes.substr(std::min<std::uint64_t>(offset, bytes.size()));
    const auto count = std::min(rest.size(), buffer.size());
    std::memcpy(buffer.data(), rest.data(), count);
    return count;
  };
}

}  // namespace

struct RegistryClient::Impl {
  /// Stores a manifest; gives nothing when that is answered by one of `refusals`.
  std::optional<model::Digest> put(const model::ImageReference& destination,
                                   std::string_view media_type, std::string_view bytes,
                                   const Access& access, std::initializer_list<int> refusals,
                                   Tries tries = Tries::as_configured) {
    auto errand = pushing(destination, access);
    errand.tries = tries;
    auto digest = model::Digest::of(bytes);
    auto name = destination.tag().value_or("latest");
    if (destination.digest() && !destination.tag()) name = destination.digest()->text();
    const auto reply = calls.retried(errand, [&](bool& /*moved_on*/) {
      auto request = calls.request(errand, "PUT", "manifests/" + name);
      request.content_type = media_type;
      request.body = bytes;
      auto answered = calls.send(errand, std::move(request));
      if (!contains(refusals, answered.answer.status)) {
        expect(answered, "PUT", {200, 201, 202}, errand.step);
      }
      return answered;
    });
    if (contains(refusals, reply.answer.status)) return std::nullopt;
    const auto told = reply.answer.header("Docker-Content-Digest");
    if (!told.empty() && told != digest.text()) {
      fail(errand.step,
           fmt::format("the registry stored {} instead of {}", error_text({.body = told}),
                       digest.text()),
           fmt::format("look for what changes manifests in {}", errand.step.registry), Retry::no);
    }
    return digest;
  }

  RegistryCalls calls;
};

RegistryClient::RegistryClient(RegistryOptions options, Log log)
    : impl_{new Impl{.calls = {std::move(options), std::move(log)}}} {}

RegistryClient::~RegistryClient() = default;

RawManifest RegistryClient::manifest(const model::ImageReference& image, const Access& access) {
  const auto errand = reading(image, access);
  const auto name = image.digest() ? image.digest()->text() : image.tag().value_or("latest");
  return impl_->calls.retried(errand, [&](bool& /*moved_on*/) {
    auto request = impl_->calls.request(errand, "GET", "manifests/" + name);
    request.headers = {{"Accept", std::string{kAccepted}}};
    request.body_limit = kMostManifestBytes;
    auto reply = impl_->calls.send(errand, std::move(request), Redirects::followed);
    expect(reply, "GET", {200}, errand.step);
    check_manifest(image, reply, errand.step);
    return RawManifest{media_type_of(reply.answer), std::move(reply.answer.body)};
  });
}

std::string RegistryClient::read_blob(const model::ImageReference& where, const Blob& blob,
                                      std::size_t limit, const Access& access) {
  return fetch_blob(impl_->calls, reading(where, access), blob, limit);
}

void RegistryClient::download(const model::ImageReference& where, const Blob& blob,
                              const std::filesystem::path& file, const Access& access) {
  download_blob(impl_->calls, reading(where, access), blob, file);
}

bool RegistryClient::has_blob(const model::ImageReference& destination, const model::Digest& digest,
                              const Access& access) {
  const auto errand = pushing(destination, access);
  return impl_->calls.retried(
      errand, [&](bool& /*moved_on*/) { return find_blob(impl_->calls, errand, digest); });
}

bool RegistryClient::mount(const model::ImageReference& destination, const model::Digest& digest,
                           const model::ImageReference& origin, const Access& access) {
  auto errand = pushing(destination, access);
  const auto from = reading(origin, access);
  if (from.wanted.image.registry() != errand.wanted.image.registry()) return false;
  errand.wanted.mount_from = from.wanted.image.repository();
  return mount_blob(impl_->calls, errand, digest);
}

bool RegistryClient::upload(const model::ImageReference& destination, const Blob& blob,
                            const std::filesystem::path& file, const Access& access,
                            Expected expected) {
  return upload_blob(impl_->calls, pushing(destination, access), blob, read_from(file, blob.size),
                     expected);
}

bool RegistryClient::upload_bytes(const model::ImageReference& destination, const Blob& blob,
                                  std::string_view bytes, const Access& access, Expected expected) {
  return upload_blob(impl_->calls, pushing(destination, access), blob, from_memory(bytes),
                     expected);
}

model::Digest RegistryClient::put_manifest(const model::ImageReference& destination,
                                           std::string_view media_type, std::string_view bytes,
                                           const Access& access, Tries tries) {
  return *impl_->put(destination, media_type, bytes, access, {}, tries);
}

std::optional<model::Digest> RegistryClient::try_put_manifest(
    const model::ImageReference& destination, std::string_view media_type, std::string_view bytes,
    const Access& access) {
  // Which of the two it is for a blob differs by registry.
  return impl_->put(destination, media_type, bytes, access, {400, 404});
}

}  // namespace iib::image
