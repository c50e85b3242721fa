#include "web/connection.hpp"
#include "web/live.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>

// Answers whose body still grows. What is read, a file or the database, is the only buffer, so a
// slow client costs no more memory than a quick one.

namespace iib::web {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kPieceBytes = 64UL << 10U;
/// News come with every commit; a follower reads no more often than this, however many there are.
constexpr std::chrono::milliseconds kShortestLook{100};
/// How long a client that has left keeps its place.
constexpr std::chrono::milliseconds kNoticeLeaving{250};

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
  const auto following = source.follows_states ? live_.follow_states(shared_from_this()) : nullptr;
  for (auto then = LivePiece::Then::more; then != LivePiece::Then::end;) {
    // Before reading: what was written until then is read.
    const bool last = draining_ || std::chrono::steady_clock::now() >= latest;
    const auto piece = source.read(sent, kPieceBytes);
    if (!piece.text.empty() && !co_await send_piece(piece.text, chunked)) co_return false;
    sent += piece.text.size();
    then = piece.then;
    if (then != LivePiece::Then::wait) continue;
    if (last) break;
    if (!co_await wait_for_more(source)) co_return false;
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

/// Until it is time to look or there are news; false when the client has left.
asio::awaitable<bool> Connection::wait_for_more(const LiveSource& source) {
  error_code ignored;
  allow_any_time();
  const auto begin = std::chrono::steady_clock::now();
  // Whoever wakes us while the last piece is written does so before this; draining_, too.
  for (auto now = begin; !draining_; now = std::chrono::steady_clock::now()) {
    const auto look = begin + (woken_ ? std::min(kShortestLook, source.look) : source.look);
    if (now >= look) break;
    pause_.expires_at(std::min(look, now + kNoticeLeaving));
    co_await pause_.async_wait(into(ignored));
    if (closed_ || has_left(stream_.socket().native_handle())) co_return false;
  }
  woken_ = false;
  co_return !closed_ && !has_left(stream_.socket().native_handle());
}

}  // namespace iib::web
