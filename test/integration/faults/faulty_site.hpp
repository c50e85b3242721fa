#pragma once

#include "fault_proxy.hpp"
#include "site.hpp"

#include <string>
#include <vector>

namespace iib::test {

/// A site whose registry is reached by way of a proxy that fails as it is told to. What the site
/// itself pushes goes past the proxy.
class FaultySite : public Site {
 public:
  FaultySite();

  [[nodiscard]] FaultProxy& proxy() { return proxy_; }
  /// The pull specification of `repository` by way of the proxy.
  [[nodiscard]] std::string by_proxy(const std::string& repository) const;
  /// Pushes a bundle as `repository`:latest; gives its pull specification by way of the proxy.
  std::string push_bundle_as(const std::string& repository);
  /// Results go to the proxy's registry; `attempts` follow each other without a pause.
  [[nodiscard]] std::string faulty_configuration(int attempts, const std::string& more = {}) const;
  /// The body of a request that adds `bundle` for one architecture.
  [[nodiscard]] std::string add_one(const std::string& bundle) const;

 private:
  FaultProxy proxy_;
};

/// The latest reason of a request's document.
[[nodiscard]] std::string reason_of(const io::JsonValue& document);

}  // namespace iib::test
