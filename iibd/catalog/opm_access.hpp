#pragma once

#include "iib/catalog/engine.hpp"

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// How opm may speak to the registries of one call; its flags hold for all of them.
enum class RegistryTrust { verified, insecure };

/// The registry of a pull specification, such as `quay.io` or `docker.io`.
[[nodiscard]] std::string registry_of(std::string_view pull_spec);

/// How opm has to speak to the registries of `bundles`. Throws UserError when some are insecure and
/// others are not: opm would send the credentials of these, too, where anybody may read them.
[[nodiscard]] RegistryTrust registry_trust(std::span<const BundleSource> bundles);

/// The home that opm sees in place of the daemon's: settings and credentials of one call.
class OpmHome {
 public:
  /// Makes it below `directory`, with the credentials for the registries of `bundles` taken from
  /// their auth files. opm knows one login for each registry: throws UserError when two bundles
  /// need different ones.
  OpmHome(const std::filesystem::path& directory, std::span<const BundleSource> bundles);

  /// What opm is started with. Holds paths only, no secrets.
  [[nodiscard]] std::map<std::string, std::string> environment() const;
  /// Gathers the certificates that `folders` have for the registries of `bundles` into one file;
  /// empty when there are none.
  [[nodiscard]] std::filesystem::path gather_certificates(
      std::span<const std::filesystem::path> folders, std::span<const BundleSource> bundles) const;

 private:
  std::filesystem::path home_;
};

}  // namespace iib::catalog
