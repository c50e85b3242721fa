#include "web/authentication.hpp"

namespace iib::web {

Authentication::Authentication(const Options& options)
    : header_{options.remote_user_header},
      trusted_{options.trusted_proxies},
      login_disabled_{options.login_disabled} {}

bool Authentication::trusts(const Peer& peer) const {
  return peer.address.empty() ? trusted_.unix_sockets : trusted_.trusts(peer.address);
}

User Authentication::identify(const HttpRequest& request) const {
  if (trusts(request.peer)) {
    const auto principals = request.header(header_);
    // One of them may be the client's own, which the proxy failed to remove.
    if (principals.size() > 1) {
      throw Unauthorized{"authentication is ambiguous: the header that names the user came twice"};
    }
    if (principals.size() == 1 && !principals.front().empty()) {
      return std::string{principals.front()};
    }
  }
  if (login_disabled_) return std::nullopt;
  throw Unauthorized{"authentication is needed to change anything"};
}

}  // namespace iib::web
