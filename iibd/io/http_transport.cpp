#include "io/http_transport.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace iib::io {

bool HttpTransport::await(HttpWait::For wanted) {
  if (exchange_.wait.await(socket_, wanted, exchange_.settings.idle_timeout)) return true;
  exchange_.fail(
      HttpFailure::Cause::timed_out,
      fmt::format("i/o timeout: nothing moved for {} ms", exchange_.settings.idle_timeout.count()));
  return false;
}

HttpTransport::Next HttpTransport::next_of_tls(int result) const {
  switch (::SSL_get_error(tls_, result)) {
    case SSL_ERROR_WANT_READ:
      return Next::wait_for_bytes;
    case SSL_ERROR_WANT_WRITE:
      return Next::wait_for_room;
    case SSL_ERROR_ZERO_RETURN:
      return Next::ended;
    default:
      return Next::failed;
  }
}

std::ptrdiff_t HttpTransport::read_once(std::span<char> buffer, Next& next) {
  if (tls_ != nullptr) {
    ::ERR_clear_error();
    std::size_t got = 0;
    const int result = ::SSL_read_ex(tls_, buffer.data(), buffer.size(), &got);
    if (result == 1) return static_cast<std::ptrdiff_t>(got);
    next = next_of_tls(result);
    return -1;
  }
  const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (got > 0) return got;
  if (got == 0) {
    next = Next::ended;
  } else {
    next = errno == EAGAIN || errno == EINTR ? Next::wait_for_bytes : Next::failed;
  }
  return -1;
}

std::ptrdiff_t HttpTransport::write_once(std::string_view bytes, Next& next) {
  if (tls_ != nullptr) {
    ::ERR_clear_error();
    std::size_t sent = 0;
    const int result = ::SSL_write_ex(tls_, bytes.data(), bytes.size(), &sent);
    if (result == 1) return static_cast<std::ptrdiff_t>(sent);
    next = next_of_tls(result);
    return -1;
  }
  const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  next = errno == EAGAIN || errno == EINTR ? Next::wait_for_room : Next::failed;
  return -1;
}

std::ptrdiff_t HttpTransport::read(std::span<char> buffer) {
  for (;;) {
    auto next = Next::failed;
    const auto got = read_once(buffer, next);
    if (got > 0) {
      exchange_.answer_began = true;
      return got;
    }
    switch (next) {
      case Next::ended:
        return 0;
      case Next::failed:
        exchange_.fail(HttpFailure::Cause::cut, "connection reset by the server");
        return -1;
      case Next::wait_for_bytes:
        if (!await(HttpWait::For::bytes)) return -1;
        break;
      case Next::wait_for_room:
        if (!await(HttpWait::For::room)) return -1;
        break;
    }
  }
}

bool HttpTransport::write(std::string_view bytes) {
  while (!bytes.empty() && !exchange_.interrupted) {
    auto next = Next::failed;
    const auto sent = write_once(bytes, next);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    // A server that refuses may answer and hang up at once: its answer is still there to be read.
    if (next == Next::failed || next == Next::ended || peer() != Peer::quiet) {
      exchange_.interrupted = true;
      break;
    }
    if (!await(HttpWait::For::either)) return false;
  }
  return true;
}

HttpTransport::Peer HttpTransport::peer() {
  pollfd polled{socket_, POLLIN, 0};
  if (::poll(&polled, 1, 0) <= 0) return Peer::quiet;
  char byte = 0;
  if (tls_ != nullptr) {
    ::ERR_clear_error();
    std::size_t got = 0;
    const int result = ::SSL_peek_ex(tls_, &byte, 1, &got);
    if (result == 1) return Peer::answers;
    const auto next = next_of_tls(result);
    return next == Next::wait_for_bytes || next == Next::wait_for_room ? Peer::quiet : Peer::ended;
  }
  const auto got = ::recv(socket_, &byte, 1, MSG_PEEK);
  if (got > 0) return Peer::answers;
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? Peer::quiet : Peer::ended;
}

}  // namespace iib::io
