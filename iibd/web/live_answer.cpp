#include "web/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <poll.h>

#include <array>

// Answers whose body still grows. The file that is read is the only buffer, so a slow client costs
// no more memory than a quick one.

namespace iib::web {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kPieceBytes = 64UL << 10U;
/// Looking is a stat() and a read of one row; programs of other hosts write to the files, too, and
/// could not tell us.
constexpr std::chrono::milliseconds kLook{200};

auto into(error_code& problem) {
  return asio::redirect_error(asio::use_awaitable, problem);
}

/// Whether the client has closed its end. Bytes that it sent before may still be unread.
bool has_left(int socket) {
  pollfd look{.fd = socket, .events = POLLRDHUP, .revents = 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace

/// Sends what there is and what comes, until nothing more will come or the server stops.
asio::awaitable<bool> Connection::send_live(const LiveSource& source, bool chunked,
                                            std::uintmax_t& sent) {
  const auto latest = std::chrono::steady_clock::now() + limits_.follow;
  for (bool more = true; more;) {
    // Before reading: what was written until then is read.
    const bool last = draining_ || source.ended() || std::chrono::steady_clock::now() >= latest;
    const auto piece = source.read(sent, kPieceBytes);
    if (!piece.empty() && !co_await send_piece(piece, chunked)) co_return false;
    sent += piece.size();
    if (piece.size() == kPieceBytes) continue;
    more = !last;
    if (more && !co_await wait_for_more()) co_return false;
  }
  co_return !chunked || co_await send_piece({}, chunked);
}

/// In a chunk of its own, where chunks are used: an empty one is the last (RFC 9112, 7.1).
asio::awaitable<bool> Connection::send_piece(const std::string& piece, bool chunked) {
  const auto size = fmt::format("{:x}\r\n", piece.size());
  constexpr std::string_view kEnd = "\r\n";
  const std::array<asio::const_buffer, 3> parts{
      asio::buffer(size.data(), chunked ? size.size() : 0), asio::buffer(piece),
      asio::buffer(kEnd.data(), chunked ? kEnd.size() : 0)};
  error_code problem;
  allow(limits_.write);
  co_await asio::async_write(stream_, parts, into(problem));
  co_return !problem;
}

/// False when the client has left.
asio::awaitable<bool> Connection::wait_for_more() {
  error_code ignored;
  allow_any_time();
  if (!draining_) {  // set while the last piece was written: nobody would wake us
    pause_.expires_after(kLook);
    co_await pause_.async_wait(into(ignored));
  }
  co_return !closed_ && !has_left(stream_.socket().native_handle());
}

}  // namespace iib::web
