#include "client_site.hpp"

#include <fmt/format.h>

#include <iterator>
#include <random>
#include <utility>

namespace iib::test {

using namespace std::chrono_literals;

image::RegistryOptions quick_options(std::vector<std::string> insecure_registries,
                                     image::RegistryOptions options) {
  options.insecure_registries = std::move(insecure_registries);
  options.retries = {.attempts = 3, .multiplier = 1ms, .delay = 1ms, .jitter = 0ms, .cap = 5s};
  return options;
}

ClientSite::ClientSite(image::RegistryOptions options)
    : directory_{std::filesystem::temp_directory_path(), "client-"},
      proxy_{registry_.port()},
      client_{quick_options({registry_.address(), proxy_.address()}, std::move(options)),
              Log{make_null_sink(), "image", LogLevel::error}} {
  proxy_.listen();
}

model::ImageReference ClientSite::by_proxy(const std::string& name) const {
  return model::ImageReference::parse(fmt::format("{}/{}", proxy_.address(), name));
}

model::ImageReference ClientSite::straight(const std::string& name) const {
  return model::ImageReference::parse(fmt::format("{}/{}", registry_.address(), name));
}

image::Access ClientSite::access(Cancellation cancellation) const {
  return {.auth_file = {},
          .work_directory = directory_.path(),
          .log = Log{make_null_sink(), "image", LogLevel::error},
          .cancellation = std::move(cancellation)};
}

std::filesystem::path ClientSite::file(const std::string& name) const {
  return directory_.path() / name;
}

std::size_t ClientSite::files() const {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{directory_.path()}, {}));
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937_64 random{seed};
  std::string bytes;
  while (bytes.size() < size) {
    const auto word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

image::Blob blob_of(std::string_view bytes) {
  return {.media_type = "application/octet-stream",
          .digest = model::Digest::of(bytes),
          .size = bytes.size()};
}

}  // namespace iib::test
