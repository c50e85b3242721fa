#include "registry_guard.hpp"

#include "iib/base/error.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace iib::task {

namespace {

constexpr std::size_t kIpv4At = 12;  // where an IPv4 address stands in a mapped one
constexpr std::size_t kMostHostBytes = 1UL << 20U;

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& letter : result) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return result;
}

std::string_view authority_of(std::string_view registry) {
  return registry.substr(0, registry.find('/'));
}

/// The host of `host:port`, of `[address]:port`, or nothing when it is neither.
std::optional<std::string> host_of(std::string_view registry) {
  if (registry.starts_with('[')) {
    const auto end = registry.find(']');
    if (end == std::string_view::npos || end == 1) return std::nullopt;
    const auto rest = registry.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
    return std::string{registry.substr(1, end - 1)};
  }
  const auto colon = registry.find(':');
  if (colon != registry.rfind(':') || colon == 0 || registry.empty()) return std::nullopt;
  return std::string{registry.substr(0, colon)};
}

/// Names that are loopback whatever a resolver says (RFC 6761, 6.3).
bool is_localhost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == "localhost" || host.ends_with(".localhost");
}

/// 0.0.0.0/8, 127.0.0.0/8 and 169.254.0.0/16 (RFC 6890, 2.2.2).
bool leads_inside_ipv4(const std::uint8_t* address) {
  constexpr std::uint8_t kThisHost = 0;
  constexpr std::uint8_t kLoopback = 127;
  constexpr std::array<std::uint8_t, 2> kLinkLocal{169, 254};
  return address[0] == kThisHost || address[0] == kLoopback ||
         std::equal(kLinkLocal.begin(), kLinkLocal.end(), address);
}

Address address_of(const addrinfo& found) {
  Address address{};
  if (found.ai_family == AF_INET6) {
    sockaddr_in6 socket{};
    std::memcpy(&socket, found.ai_addr, sizeof socket);
    std::memcpy(address.data(), &socket.sin6_addr, address.size());
    return address;
  }
  sockaddr_in socket{};
  std::memcpy(&socket, found.ai_addr, sizeof socket);
  address[kIpv4At - 2] = address[kIpv4At - 1] = 0xff;
  std::memcpy(address.data() + kIpv4At, &socket.sin_addr, sizeof socket.sin_addr);
  return address;
}

}  // namespace

std::vector<Address> resolve_host(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  // Reads 127.1, 2130706433 and 0x7f000001 as clients do, whose connections end at the same place.
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &first) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{first, &::freeaddrinfo};
  std::vector<Address> addresses;
  for (const auto* each = first; each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET || each->ai_family == AF_INET6) {
      addresses.push_back(address_of(*each));
    }
  }
  return addresses;
}

bool leads_inside(const Address& address) {
  // ::ffff:0:0/96 mapped, ::/96 compatible (and with it :: and ::1), 64:ff9b::/96 translated.
  constexpr std::array<std::array<std::uint8_t, kIpv4At>, 3> kIpv4Within{
      {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, {}, {0, 0x64, 0xff, 0x9b}}};
  const bool is_ipv4 = std::ranges::any_of(kIpv4Within, [&](const auto& prefix) {
    return std::equal(prefix.begin(), prefix.end(), address.begin());
  });
  if (is_ipv4) return leads_inside_ipv4(address.data() + kIpv4At);
  return address[0] == 0xfe && (address[1] & 0xc0U) == 0x80;  // fe80::/10
}

RegistryGuard::RegistryGuard(const Settings& settings, Resolver resolver)
    : resolver_{std::move(resolver)}, places_{kMostHostBytes} {
  for (const auto& registry : settings.allowed_registries) allowed_.insert(lower(registry));
  trusted_ = allowed_;
  for (const auto& registry : settings.insecure_registries) trusted_.insert(lower(registry));
  trusted_.insert(lower(authority_of(settings.registry)));
}

void RegistryGuard::check_name(const std::string& registry) const {
  if (!allowed_.empty() && !allowed_.contains(lower(registry))) {
    throw UserError{
        fmt::format("registry {} is none of those that the operator of this service lists in "
                    "iib_allowed_registries",
                    registry)};
  }
  if (!host_of(registry)) throw UserError{fmt::format("registry {} is no host[:port]", registry)};
}

void RegistryGuard::check_address(const std::string& registry, const Cancellation& cancellation) {
  if (trusted_.contains(lower(registry))) return;
  const auto host = host_of(registry).value();  // check_name() saw that there is one
  const auto place = places_.find(lower(host), cancellation, [&] {
    return Place{.inside = is_localhost(lower(host)) ||
                           std::ranges::any_of(resolver_(host), leads_inside)};
  });
  if (!place.inside) return;
  throw UserError{fmt::format(
      "registry {} is at a loopback or link-local address, which this service asks only when its "
      "operator lists the registry in iib_allowed_registries or iib_insecure_registries",
      registry)};
}

}  // namespace iib::task
