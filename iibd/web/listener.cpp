#include "web/listener.hpp"

#include "iib/base/error.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>

namespace iib::web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Pause after a failed accept: mostly there are no descriptors left, and asking again at once
/// would only burn the processor.
constexpr std::chrono::milliseconds kAcceptPause{100};
/// Owner and group: that is how a front-end is let in.
constexpr mode_t kSocketMode = 0660;

ExternalError cannot_listen(std::string_view address, std::string_view cause) {
  return ExternalError{fmt::format("cannot listen on {}: {}", address, cause),
                       ExternalError::Retry::no};
}

std::string to_text(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

tcp::endpoint endpoint_of(const config::ListenAddress& where) {
  return {asio::ip::make_address(where.host), where.port};
}

/// The IP address of an endpoint; nothing for a unix socket.
std::string address_of(const asio::generic::stream_protocol::endpoint& endpoint) {
  const auto family = endpoint.protocol().family();
  if (family != AF_INET && family != AF_INET6) return {};
  tcp::endpoint plain;
  plain.resize(endpoint.size());
  std::memcpy(plain.data(), endpoint.data(), endpoint.size());
  return plain.address().to_string();
}

}  // namespace

Listener::Listener(asio::io_context& context, const config::ListenAddress& where, Take take,
                   Log log)
    : context_{context},
      where_{where},
      address_{fmt::format("unix:{}", where.socket_path)},
      take_{std::move(take)},
      log_{std::move(log)},
      acceptor_{asio::make_strand(context)} {
  if (where_.socket_path.empty()) address_ = to_text(endpoint_of(where_));
}

Listener::~Listener() {
  std::error_code ignored;  // somebody else may have removed it
  if (owns_file_) std::filesystem::remove(where_.socket_path, ignored);
}

void Listener::open() {
  if (where_.socket_path.empty()) {
    open_tcp();
  } else {
    open_unix();
  }
}

void Listener::open_unix() {
  const auto& path = where_.socket_path;
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    throw cannot_listen(address_, "the path is too long");
  const asio::local::stream_protocol::endpoint endpoint{path};
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) throw cannot_listen(address_, "the path is not a socket");
    asio::local::stream_protocol::socket probe{context_};
    error_code refused;
    probe.connect(endpoint, refused);
    if (!refused) throw cannot_listen(address_, "another process listens there");
    std::error_code ignored;  // bind() tells
    std::filesystem::remove(path, ignored);
  }
  bind(Protocol::endpoint{endpoint});
  owns_file_ = true;
  ::chmod(path.c_str(), kSocketMode);
}

void Listener::open_tcp() {
  bind(Protocol::endpoint{endpoint_of(where_)});
  tcp::endpoint bound;
  const auto local = acceptor_.local_endpoint();
  bound.resize(local.size());
  std::memcpy(bound.data(), local.data(), local.size());
  address_ = to_text(bound);
}

void Listener::bind(const Protocol::endpoint& endpoint) {
  error_code problem;
  const auto check = [&] {
    if (problem) throw cannot_listen(address_, problem.message());
  };
  acceptor_.open(endpoint.protocol(), problem);
  check();
  if (endpoint.protocol().family() != AF_UNIX) {
    acceptor_.set_option(asio::socket_base::reuse_address{true}, problem);
    check();
  }
  if (endpoint.protocol().family() == AF_INET6) {
    // So that `[::]:80` and `0.0.0.0:80` can stand side by side.
    acceptor_.set_option(asio::ip::v6_only{true}, problem);
    check();
  }
  acceptor_.bind(endpoint, problem);
  check();
  acceptor_.listen(asio::socket_base::max_listen_connections, problem);
  check();
}

void Listener::start() {
  asio::co_spawn(
      acceptor_.get_executor(), [self = shared_from_this()] { return self->accept(); },
      asio::detached);
}

void Listener::close() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
    error_code ignored;
    self->acceptor_.close(ignored);
  });
}

asio::awaitable<void> Listener::accept() {
  while (acceptor_.is_open()) {
    Socket socket{asio::make_strand(context_)};
    Protocol::endpoint peer;
    error_code problem;
    co_await acceptor_.async_accept(socket, peer,
                                    asio::redirect_error(asio::use_awaitable, problem));
    if (!acceptor_.is_open()) co_return;
    if (!problem) {
      error_code ignored;  // a unix socket has no such option
      socket.set_option(tcp::no_delay{true}, ignored);
      take_(std::move(socket), Peer{.address = address_of(peer)});
      continue;
    }
    log_.warning("a connection to {} could not be accepted: {}", address_, problem.message());
    asio::steady_timer pause{acceptor_.get_executor(), kAcceptPause};
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, problem));
  }
}

}  // namespace iib::web
