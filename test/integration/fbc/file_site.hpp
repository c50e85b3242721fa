#pragma once

#include "daemon.hpp"
#include "faulty_site.hpp"

#include <string>
#include <vector>

namespace iib::test {

/// A daemon with the embedded image engine that works on file-based indexes, and a proxy before its
/// registry. What is pushed here is named by way of the proxy.
class FileSite {
 public:
  /// `more`: lines of the configuration.
  explicit FileSite(const std::string& more = {});

  /// Pushes a fragment of one package with one bundle; gives its pull specification.
  std::string push_fragment(const std::string& package, const std::string& version);
  /// Pushes a bundle of test/data that is meant for `ocp` and later.
  std::string push_bundle(const std::string& package, const std::string& version,
                          const std::string& ocp = "v4.5");

  /// The body of a request on `from_index` that says `more`, which begins with a comma.
  [[nodiscard]] std::string body(const std::string& from_index, const std::string& more) const;
  /// The body of a request that takes `fragments` into `from_index`.
  [[nodiscard]] std::string fragments_body(const std::string& from_index,
                                           const std::vector<std::string>& fragments,
                                           const std::string& more = {}) const;
  /// A file-based index for OpenShift `ocp` with `bundles` in its hidden database, and `fragments`.
  std::string make_index(const std::string& ocp, const std::vector<std::string>& bundles,
                         const std::vector<std::string>& fragments);

  /// Submits a request and kills the daemon when it sends `method` (empty: any) for a `path` with
  /// this part, which is never answered; gives the final document of the daemon's next life.
  io::JsonDocument build_with_death(const std::string& type, const std::string& body,
                                    const std::string& method, const std::string& path);

  FaultySite site;
  Daemon daemon;

 private:
  std::string database_index_;
};

}  // namespace iib::test
