#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/log.hpp"
#include "iib/base/secret.hpp"
#include "iib/io/http_service.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace iib::legacy {

/// A package on its way to the legacy app registry.
struct ExportedPackage {
  std::string name;  ///< Of the package.
  /// Holds `package.yaml` and a directory for each bundle (pipeline 9).
  std::filesystem::path directory;
};

/// Whose registry it goes to.
struct Account {
  const std::string& organization;  ///< `organization` of the request.
  const Secret& token;              ///< `cnr_token` of the request, sent as it is.
};

/// The service that pushes packages to the legacy app registry (pipeline 9.3). Safe for use by
/// several threads.
class Omps {
 public:
  /// Throws UserError when the URL is none.
  explicit Omps(io::HttpServiceOptions options);

  /// Sends `package` as a zip archive, made in `scratch`, a directory that exists; gives the
  /// version that the service made of it, if it tells one. Throws UserError when the package has no
  /// bundle, ExternalError naming organization, package and what the service said.
  [[nodiscard]] std::optional<std::string> push(const ExportedPackage& package,
                                                const Account& account,
                                                const std::filesystem::path& scratch,
                                                const Cancellation& cancellation,
                                                const Log& log) const;

 private:
  io::HttpService service_;
};

}  // namespace iib::legacy
