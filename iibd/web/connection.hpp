#pragma once

#include "web/access_log.hpp"
#include "web/api.hpp"
#include "web/stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

namespace iib::web {

class LiveConnections;

/// One client's connection: reads a request, answers it, reads the next. Everything runs on the
/// socket's strand; only drain() and wake() may be called from
/// elsewhere.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// With TLS when there is a `tls`. `tls`, `api`, `limits`, `access` (which takes a line per
  /// request) and `live` outlive every connection.
  Connection(Socket socket, const Tls* tls, Peer peer, const Api& api, const Limits& limits,
             const Log& access, LiveConnections& live);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Serves until the client leaves, breaks a bound, or the server stops.
  void start();
  /// Answers 503 and closes.
  void start_refusing();
  /// Closes the connection as soon as no request is under way.
  void drain();
  /// Looks for more of a body that follows states.
  void wake();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Moment = std::chrono::steady_clock::time_point;
  enum class Next { another_request, close, linger };

  using Work = boost::asio::awaitable<void> (Connection::*)();

  void run(Work work);
  void end(const std::exception_ptr& failure);
  boost::asio::awaitable<bool> begin();
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<void> refuse();
  boost::asio::awaitable<Next> serve_one();
  boost::asio::awaitable<bool> wait_for_request();
  template <class Finish, class Begin>
  boost::asio::awaitable<Finish> reply_to(Begin begin);
  boost::asio::awaitable<std::optional<HttpResponse>> refuse_early(HttpRequest& request);
  boost::asio::awaitable<HttpResponse> answer(const HttpRequest& request);
  boost::asio::awaitable<bool> write(HttpResponse response, std::string_view method,
                                     bool keep_alive, unsigned version);
  boost::asio::awaitable<bool> send(HttpResponse response, std::string_view method, bool keep_alive,
                                    unsigned version, std::uintmax_t& sent);
  boost::asio::awaitable<bool> send_live(const LiveSource& source, bool chunked,
                                         std::uintmax_t& sent);
  boost::asio::awaitable<bool> send_piece(const std::string& piece, bool chunked);
  boost::asio::awaitable<bool> wait_for_more(const LiveSource& source);
  boost::asio::awaitable<Next> refuse_reading(boost::system::error_code problem);
  boost::asio::awaitable<void> linger();
  boost::asio::awaitable<void> say_goodbye();
  boost::asio::awaitable<void> watch();
  void allow(std::chrono::milliseconds time);
  void allow_any_time();
  void close() noexcept;

  Stream stream_;
  Peer peer_;
  const Api& api_;
  const Limits& limits_;
  const Log& access_;
  AccessEntry entry_;
  LiveConnections& live_;
  boost::beast::flat_buffer buffer_;
  /// Ends what takes too long. One timer looks at it now and then, which is cheaper than a timer
  /// for each phase of each request.
  Moment deadline_;
  boost::asio::steady_timer watchdog_;
  /// Between two looks at a body that grows.
  boost::asio::steady_timer pause_;
  /// There are news that were not looked at.
  std::atomic<bool> woken_ = false;
  bool timed_out_ = false;
  bool idle_ = false;
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace iib::web
