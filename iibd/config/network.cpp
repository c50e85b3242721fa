#include "iib/config/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace iib::config {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

constexpr unsigned kMappedBits = 96;  // what stands before an IPv4 address written as IPv6
constexpr unsigned kAllBits = 128;

struct Address {
  Bytes bytes{};
  bool v4 = false;
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string host{text};
  Address address;
  if (::inet_pton(AF_INET, host.c_str(), address.bytes.data() + 12) == 1) {
    address.bytes[10] = address.bytes[11] = 0xff;
    address.v4 = true;
    return address;
  }
  if (::inet_pton(AF_INET6, host.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

template <class T>
std::optional<T> parse_number(std::string_view text, T most) {
  T number{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size() || number > most) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

bool ListenAddress::is_local() const {
  if (!socket_path.empty()) return true;
  static const auto loopback4 = Network::parse("127.0.0.0/8");
  static const auto loopback6 = Network::parse("::1");
  return loopback4->contains(host) || loopback6->contains(host);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  constexpr std::size_t kSocketPathBytes = 107;  // sockaddr_un holds 108 with the final zero
  if (text.starts_with(kUnix)) {
    const auto path = text.substr(kUnix.size());
    if (!path.starts_with('/') || path.size() > kSocketPathBytes) return std::nullopt;
    return ListenAddress{.host = {}, .port = 0, .socket_path = std::string{path}};
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1), 65535);
  auto host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  const auto address = parse_address(host);
  if (!port || !address || address->v4 == bracketed) return std::nullopt;
  return ListenAddress{.host = std::string{host}, .port = *port, .socket_path = {}};
}

std::string to_text(const ListenAddress& address) {
  if (!address.socket_path.empty()) return "unix:" + address.socket_path;
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]:" : address.host + ":") + std::to_string(address.port);
}

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network;
  network.address_ = address->bytes;
  network.prefix_bits_ = kAllBits;
  if (slash == std::string_view::npos) return network;
  const unsigned outer = address->v4 ? kMappedBits : 0;
  const auto bits = parse_number<unsigned>(text.substr(slash + 1), kAllBits - outer);
  if (!bits) return std::nullopt;
  network.prefix_bits_ = outer + *bits;
  return network;
}

bool Network::contains(std::string_view host) const {
  const auto address = parse_address(host);
  if (!address) return false;
  const unsigned whole = prefix_bits_ / 8;
  if (!std::equal(address_.begin(), address_.begin() + whole, address->bytes.begin())) return false;
  const unsigned rest = prefix_bits_ % 8;
  if (rest == 0) return true;
  const unsigned shift = 8 - rest;
  return (address_.at(whole) >> shift) == (address->bytes.at(whole) >> shift);
}

bool TrustedProxies::trusts(std::string_view host) const {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(host); });
}

}  // namespace iib::config
