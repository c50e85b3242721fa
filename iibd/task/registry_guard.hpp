#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/task/task.hpp"
#include "single_flight.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace iib::task {

/// An IPv6 address, or an IPv4 address mapped into one (RFC 4291, 2.5.5.2).
using Address = std::array<std::uint8_t, 16>;

/// The addresses of a host, which is a name or any form of a number; none when it has none.
using Resolver = std::function<std::vector<Address>(const std::string& host)>;

/// As the host's own resolver says.
[[nodiscard]] std::vector<Address> resolve_host(const std::string& host);

/// Whether the address leads back to this host or only to its own link: loopback, link-local, or
/// none at all (RFC 6890), also when an IPv4 address is written as IPv6.
[[nodiscard]] bool leads_inside(const Address& address);

/// Decides which registries the text of a bundle may send us to (bundle-regeneration 13). A name is
/// looked up here and once more when it is connected to, so whoever answers for a name can still
/// give another address the second time: an operator who must not be reached at all says so by
/// `iib_allowed_registries`.
class RegistryGuard {
 public:
  explicit RegistryGuard(const Settings& settings, Resolver resolver = resolve_host);

  /// Throws UserError, which names `registry` (`host` or `host:port`), unless the configuration
  /// allows its name. Asks nobody.
  void check_name(const std::string& registry) const;
  /// Throws UserError when `registry` is at an address that leads inside and the configuration does
  /// not name it. Asks the resolver once per host.
  void check_address(const std::string& registry, const Cancellation& cancellation);

 private:
  struct Place {
    bool inside = false;
    friend std::size_t bytes_of(const Place& place) { return sizeof place; }
  };
  std::set<std::string> allowed_;  ///< In lower case; empty: all.
  std::set<std::string> trusted_;  ///< Named by the configuration, so that their address is.
  Resolver resolver_;
  SingleFlight<Place> places_;  ///< By host.
};

}  // namespace iib::task
