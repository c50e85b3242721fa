#include "io/http_connect.hpp"

#include "iib/base/base64.hpp"
#include "io/http_head.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace iib::io {
namespace {

using Cause = HttpFailure::Cause;
using Retry = ExternalError::Retry;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// The one wait that hears no cancellation: the resolver has none. Its own timeouts bound it
/// (resolv.conf(5), 5 s and 2 attempts for each name server).
Addresses addresses_of(const HttpOrigin& server) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure =
      ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
  if (failure == 0) return Addresses{found};
  const char* why = failure == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(failure);
  throw ConnectFailure{Cause::unresolved, fmt::format("no such host {}: {}", server.host, why)};
}

std::string lower_first(std::string text) {
  if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z') text.front() += 'a' - 'A';
  return text;
}

/// 0, or the errno that speaks against this address.
int connect_to(int socket, const addrinfo& address, const HttpSettings& settings, HttpWait& wait) {
  const int one = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (!wait.await(socket, HttpWait::For::room, settings.connect_timeout)) return ETIMEDOUT;
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &size);
  return failure;
}

Descriptor connect_host(const HttpOrigin& server, const HttpSettings& settings, HttpWait& wait) {
  const auto addresses = addresses_of(server);
  int failure = EADDRNOTAVAIL;
  for (const auto* each = addresses.get(); each != nullptr; each = each->ai_next) {
    Descriptor socket{
        ::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, each->ai_protocol)};
    if (!socket.is_open()) {
      failure = errno;
      continue;
    }
    failure = connect_to(socket.get(), *each, settings, wait);
    if (failure == 0) return socket;
    if (wait.end() && *wait.end() != HttpWait::End::idle) break;
  }
  throw ConnectFailure{failure == ETIMEDOUT ? Cause::timed_out : Cause::refused,
                       lower_first(std::strerror(failure))};
}

void send_all(int socket, std::string_view bytes, const HttpSettings& settings, HttpWait& wait) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      throw ConnectFailure{Cause::cut, "the proxy ended the connection"};
    } else if (!wait.await(socket, HttpWait::For::room, settings.connect_timeout)) {
      throw ConnectFailure{Cause::timed_out, "the proxy does not answer"};
    }
  }
}

/// Byte by byte, so that none of what follows the head is taken.
std::string read_head(int socket, const HttpSettings& settings, HttpWait& wait) {
  std::string head;
  while (end_of_head(head) == std::string::npos) {
    char each = 0;
    const auto got = ::recv(socket, &each, 1, 0);
    if (got == 0 || head.size() >= kMostHeadBytes) {
      throw ConnectFailure{Cause::cut, "the proxy ended the connection"};
    }
    if (got == 1) {
      head.push_back(each);
    } else if (errno != EAGAIN && errno != EINTR) {
      throw ConnectFailure{Cause::cut, "the proxy ended the connection"};
    } else if (!wait.await(socket, HttpWait::For::bytes, settings.connect_timeout)) {
      throw ConnectFailure{Cause::timed_out, "the proxy does not answer"};
    }
  }
  return head;
}

/// RFC 9110, 9.3.6. A 5xx tells of the server behind, which may be back soon.
void open_tunnel(int socket, const HttpOrigin& server, const HttpSettings& settings,
                 HttpWait& wait) {
  const auto host =
      server.host.find(':') == std::string::npos ? server.host : fmt::format("[{}]", server.host);
  auto request = fmt::format("CONNECT {0}:{1} HTTP/1.1\r\nHost: {0}:{1}\r\n", host, server.port);
  const auto authorization = proxy_authorization(*settings.proxy);
  if (!authorization.empty()) request += fmt::format("Proxy-Authorization: {}\r\n", authorization);
  request += "\r\n";
  send_all(socket, request, settings, wait);
  const auto head = parse_head(read_head(socket, settings, wait), "CONNECT");
  if (head && head->status / 100 == 2) return;
  const int status = head ? head->status : 0;
  throw ConnectFailure{Cause::proxy,
                       fmt::format("the proxy {} answered {} to CONNECT",
                                   settings.proxy->origin.authority(), status),
                       status >= 500 ? Retry::yes : Retry::no};
}

}  // namespace

Descriptor connect_socket(const HttpOrigin& server, const HttpSettings& settings, HttpWait& wait) {
  if (!settings.proxy) return connect_host(server, settings, wait);
  auto socket = connect_host(settings.proxy->origin, settings, wait);
  if (server.scheme == HttpScheme::https) open_tunnel(socket.get(), server, settings, wait);
  return socket;
}

std::string proxy_authorization(const HttpProxy& proxy) {
  if (proxy.user.empty()) return {};
  return "Basic " + to_base64(fmt::format("{}:{}", proxy.user, proxy.password.reveal()));
}

}  // namespace iib::io
