#include "web/auth/proxy_header.hpp"

namespace iib::web {

ProxyHeader::ProxyHeader(std::string header, config::TrustedProxies trusted)
    : header_{std::move(header)}, trusted_{std::move(trusted)} {}

Judgement ProxyHeader::judge(const HttpRequest& head) {
  const auto& address = head.peer.address;
  if (address.empty() ? !trusted_.unix_sockets : !trusted_.trusts(address)) return NotMine{};
  const auto principals = head.header(header_);
  // One of them may be the client's own, which the proxy failed to remove.
  if (principals.size() > 1) {
    return Rejected{"authentication is ambiguous: the header that names the user came twice"};
  }
  if (principals.empty() || principals.front().empty()) return NotMine{};
  return Identity{.user = std::string{principals.front()}, .proof = {}};
}

}  // namespace iib::web
