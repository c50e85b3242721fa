#pragma once

#include "fault_proxy.hpp"
#include "iib/base/files.hpp"
#include "iib/image/engine.hpp"
#include "image/registry/client.hpp"
#include "registry.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace iib::test {

/// A registry, a fault proxy before it, and a client of both that tries three times.
class ClientSite {
 public:
  ClientSite() : ClientSite{image::RegistryOptions{}} {}
  /// With `options` as far as they do not concern where the registries are.
  explicit ClientSite(image::RegistryOptions options);

  Registry& registry() { return registry_; }
  FaultProxy& proxy() { return proxy_; }
  image::RegistryClient& client() { return client_; }
  /// `repository:tag`, `repository@digest` by way of the proxy.
  [[nodiscard]] model::ImageReference by_proxy(const std::string& name) const;
  /// The same, straight.
  [[nodiscard]] model::ImageReference straight(const std::string& name) const;
  /// What a request has; without credentials.
  [[nodiscard]] image::Access access(Cancellation cancellation = {}) const;
  /// A path in a folder of the test.
  [[nodiscard]] std::filesystem::path file(const std::string& name) const;
  /// How many files are in that folder.
  [[nodiscard]] std::size_t files() const;

 private:
  TempDir directory_;
  Registry registry_;
  FaultProxy proxy_;
  image::RegistryClient client_;
};

/// Tries three times without waiting long; `registry` may be spoken to by plain HTTP.
[[nodiscard]] image::RegistryOptions quick_options(std::vector<std::string> insecure_registries,
                                                   image::RegistryOptions options = {});

/// Bytes that no compression shortens, and that differ everywhere.
[[nodiscard]] std::string noise(std::size_t size, unsigned seed = 1);

/// The descriptor of a blob with these bytes.
[[nodiscard]] image::Blob blob_of(std::string_view bytes);

}  // namespace iib::test

/// Skips the test where there is no registry.
#define IIBD_NEEDS_REGISTRY()                           \
  if (!::iib::test::have_programs({"docker-registry"})) \
  IIBD_SKIP(                                            \
      "docker-registry is not on "                      \
      "PATH")
