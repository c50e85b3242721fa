#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::config {

/// Where the daemon listens: a TCP address or a Unix socket.
struct ListenAddress {
  /// Numeric IPv4 or IPv6 address; empty for a Unix socket.
  std::string host;
  /// 0: any free one.
  std::uint16_t port = 0;
  /// The socket's absolute path; empty for TCP.
  std::string socket_path;

  /// Whether only programs of this host can connect.
  [[nodiscard]] bool is_local() const;
  /// Member by member.
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// Reads `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `unix:/path`; nothing for other text.
[[nodiscard]] std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// The text that parse_listen_address() reads.
[[nodiscard]] std::string to_text(const ListenAddress& address);

/// An address or network whose hosts may act as front-end.
class Network {
 public:
  /// Reads `192.0.2.1`, `192.0.2.0/24`, `::1` or `fd00::/8`; nothing for other text.
  [[nodiscard]] static std::optional<Network> parse(std::string_view text);
  /// Whether the numeric address `host` lies inside. An IPv4 address written as IPv6
  /// (`::ffff:192.0.2.1`) is the same host.
  [[nodiscard]] bool contains(std::string_view host) const;
  /// Member by member.
  friend bool operator==(const Network&, const Network&) = default;

 private:
  std::array<std::uint8_t, 16> address_{};
  unsigned prefix_bits_ = 0;
};

/// Whose word about the user is believed (`iib_trusted_proxies`); by default nobody's.
struct TrustedProxies {
  /// Peers of a Unix socket.
  bool unix_sockets = false;
  /// TCP peers by address.
  std::vector<Network> networks;

  /// Whether the TCP peer with the numeric address `host` is trusted.
  [[nodiscard]] bool trusts(std::string_view host) const;
  /// Member by member.
  friend bool operator==(const TrustedProxies&, const TrustedProxies&) = default;
};

}  // namespace iib::config
