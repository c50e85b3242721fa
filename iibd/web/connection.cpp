#include "web/connection.hpp"

#include "web/live.hpp"
#include "web/request_head.hpp"
#include "web/response_head.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace iib::web {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 16UL << 10U;
constexpr std::size_t kWriteBytes = 64UL << 10U;
constexpr std::chrono::milliseconds kLongestTick{1000};
constexpr std::chrono::milliseconds kLingerTime{2000};
/// What a client may still send after it was refused, before its connection is cut.
constexpr std::size_t kLingerBytes = 1UL << 20U;

/// Lets a coroutine wait, and learn of a failure without an exception.
auto into(error_code& problem) {
  return asio::redirect_error(asio::use_awaitable, problem);
}

/// How often the watchdog looks: often enough for the shortest limit, seldom enough to cost
/// nothing.
std::chrono::milliseconds tick_of(const Limits& limits) {
  const auto shortest = std::min({limits.idle, limits.head, limits.body, limits.write});
  return std::clamp(shortest / 4, std::chrono::milliseconds{5}, kLongestTick);
}

/// Counts as waiting for as long as it lives.
class Waiting {
 public:
  explicit Waiting(LiveConnections& live) : live_{live} { live_.begin_waiting(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { live_.end_waiting(); }

 private:
  LiveConnections& live_;
};

/// What another thread holds until it has answered: all that it touches of the server.
template <class Handler>
struct Pending {
  Pending(LiveConnections& live, Socket::executor_type where, Handler then)
      : waiting{live}, executor{std::move(where)}, handler{std::move(then)} {}

  Waiting waiting;  // first: once it ends, the server and its executors may go
  Socket::executor_type executor;
  Handler handler;
};

}  // namespace

Connection::Connection(Socket socket, const Tls* tls, Peer peer, const Api& api,
                       const Limits& limits, const Log& access, LiveConnections& live)
    : stream_{std::move(socket), tls},
      peer_{std::move(peer)},
      api_{api},
      limits_{limits},
      access_{access},
      entry_{begin_entry()},
      live_{live},
      buffer_{limits.header_bytes + kReadBytes},
      deadline_{Moment::max()},
      watchdog_{stream_.get_executor()},
      pause_{stream_.get_executor()} {}

Connection::~Connection() {
  live_.remove(this);
}

void Connection::start() {
  run(&Connection::serve);
}

void Connection::start_refusing() {
  run(&Connection::refuse);
}

void Connection::run(Work work) {
  const auto self = shared_from_this();
  asio::co_spawn(
      stream_.get_executor(), [self] { return self->watch(); }, asio::detached);
  asio::co_spawn(
      stream_.get_executor(), [self, work] { return ((*self).*work)(); },
      [self](const std::exception_ptr& failure) { self->end(failure); });
}

/// However the work ended, the connection must: what stays open counts against the bound.
void Connection::end(const std::exception_ptr& failure) {
  if (failure) {
    // Nobody is left to be answered, but the log must tell.
    static_cast<void>(api_.guarded([&]() -> HttpResponse { std::rethrow_exception(failure); }));
  }
  close();
}

void Connection::drain() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->draining_ = true;
    self->pause_.cancel();
    if (self->idle_) self->close();
  });
}

void Connection::wake() {
  if (woken_.exchange(true)) return;
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->pause_.cancel(); });
}

/// Encrypts the connection if it has to be; false when the client does not come along.
asio::awaitable<bool> Connection::begin() {
  if (!stream_.is_secure()) co_return true;
  error_code problem;
  allow(limits_.head);
  co_await stream_.async_handshake(into(problem));
  co_return !problem;
}

asio::awaitable<void> Connection::serve() {
  if (!co_await begin()) co_return;
  auto next = Next::another_request;
  while (next == Next::another_request && !draining_) next = co_await serve_one();
  if (next == Next::linger) {
    co_await linger();
  } else {
    co_await say_goodbye();
  }
}

asio::awaitable<void> Connection::refuse() {
  if (!co_await begin()) co_return;
  auto response = error_response(503, "the server has as many connections as it may have");
  if (co_await write(std::move(response), "GET", false, kHttp11)) co_await linger();
}

asio::awaitable<Connection::Next> Connection::serve_one() {
  if (!co_await wait_for_request()) co_return Next::close;
  entry_ = begin_entry();
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
  parser.body_limit(limits_.body_bytes);

  error_code problem;
  allow(limits_.head);
  co_await http::async_read_header(stream_, buffer_, parser, into(problem));
  if (problem) co_return co_await refuse_reading(problem);
  auto request = head_of(parser.get(), peer_);
  const auto version = parser.get().version();
  entry_.method = loggable(request.method);
  entry_.path = loggable_path(request.target);
  if (has_doubtful_end(request)) {
    co_return co_await refuse_reading(http::error::bad_transfer_encoding);
  }

  // What the head alone decides is answered before the body, which may be large or never come.
  if (auto refusal = co_await refuse_early(request)) {
    const bool unread = has_body(parser.get());
    const bool keep = parser.keep_alive() && !unread && !draining_;
    if (!co_await write(std::move(*refusal), request.method, keep, version)) co_return Next::close;
    if (unread) co_return Next::linger;
    co_return keep ? Next::another_request : Next::close;
  }
  if (!parser.is_done()) {
    allow(limits_.body);
    if (equal_ignoring_case(parser.get()[http::field::expect], "100-continue")) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream_, asio::buffer(kContinue), into(problem));
      if (problem) co_return Next::close;
    }
    co_await http::async_read(stream_, buffer_, parser, into(problem));
    if (problem) co_return co_await refuse_reading(problem);
  }
  if (request.identity.user) entry_.user = loggable(*request.identity.user);
  request.body = std::move(parser.get().body());
  allow_any_time();
  auto response = co_await answer(request);
  request.wipe_secrets();
  if (!request.identity.proof.empty()) {
    response.authenticate.push_back(std::move(request.identity.proof));
  }
  // Where chunks are not known, the end of the connection is that of the body.
  const bool keep =
      parser.keep_alive() && !draining_ && (!response.live || is_chunked(response, version));
  const bool written = co_await write(std::move(response), request.method, keep, version);
  co_return written&& keep ? Next::another_request : Next::close;
}

/// Waits for the first byte of a request; false when none comes.
asio::awaitable<bool> Connection::wait_for_request() {
  if (buffer_.size() > 0) co_return true;  // pipelined
  error_code problem;
  allow(limits_.idle);
  idle_ = true;
  const auto bytes = co_await stream_.async_read_some(buffer_.prepare(kReadBytes), into(problem));
  idle_ = false;
  buffer_.commit(bytes);
  co_return !problem && bytes > 0;
}

/// Waits for what another thread replies to `begin`: a function that words the result here.
template <class Finish, class Begin>
asio::awaitable<Finish> Connection::reply_to(Begin begin) {
  auto start = [this, begin = std::move(begin)](auto handler) {
    const auto pending = std::make_shared<Pending<decltype(handler)>>(live_, stream_.get_executor(),
                                                                      std::move(handler));
    // Not by way of this connection: it may end as soon as the answer is posted.
    const auto reply = [pending](Finish finish) {
      asio::post(pending->executor, [pending, finish = std::move(finish)]() mutable {
        pending->handler(std::move(finish));
      });
    };
    try {
      begin(reply);
    } catch (const std::exception&) {
      reply([cause = std::current_exception()]() ->
            typename Finish::result_type { std::rethrow_exception(cause); });
    }
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Finish)>(
      std::move(start), asio::use_awaitable);
}

/// Routes a request and finds its user, who is noted in it, or else the answer to give at once.
asio::awaitable<std::optional<HttpResponse>> Connection::refuse_early(HttpRequest& request) {
  if (auto refusal = api_.refuse_early(request)) co_return refusal;
  auto identification = api_.identify(request);
  if (auto* refusal = std::get_if<HttpResponse>(&identification)) co_return std::move(*refusal);
  if (auto* identity = std::get_if<Identity>(&identification)) {
    request.identity = std::move(*identity);
    co_return std::nullopt;
  }
  allow_any_time();
  const auto finish =
      co_await reply_to<FinishIdentified>(std::get<BeginIdentified>(std::move(identification)));
  auto identified = api_.identified(finish);
  if (auto* refusal = std::get_if<HttpResponse>(&identified)) co_return std::move(*refusal);
  request.identity = std::get<Identity>(std::move(identified));
  co_return std::nullopt;
}

asio::awaitable<HttpResponse> Connection::answer(const HttpRequest& request) {
  auto answer = api_.answer(request);
  if (auto* response = std::get_if<HttpResponse>(&answer)) co_return std::move(*response);
  const auto finish = co_await reply_to<Finish>(std::get<Begin>(std::move(answer)));
  co_return api_.guarded(finish);
}

asio::awaitable<bool> Connection::write(HttpResponse response, std::string_view method,
                                        bool keep_alive, unsigned version) {
  const auto status = response.status;
  std::uintmax_t sent = 0;
  bool whole = false;
  std::exception_ptr failure;
  try {
    whole = co_await send(std::move(response), method, keep_alive, version, sent);
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  log_access(access_, entry_, status, sent, whole);
  if (failure) std::rethrow_exception(failure);
  co_return whole;
}

/// Writes an answer, and notes in `sent` how much of its body has gone out.
asio::awaitable<bool> Connection::send(HttpResponse response, std::string_view method,
                                       bool keep_alive, unsigned version, std::uintmax_t& sent) {
  const auto size = response.source ? response.source->size : response.body.size();
  const auto head =
      head_text(response, {.version = version, .keep_alive = keep_alive, .id = entry_.id});
  std::string piece = std::move(response.body);
  error_code problem;
  const bool head_only = method == "HEAD";
  if (response.source) piece.clear();

  std::string_view pending{piece};
  const std::array first{asio::buffer(head),
                         asio::buffer(head_only ? "" : pending.data(),
                                      head_only ? 0 : std::min(pending.size(), kWriteBytes))};
  allow(limits_.write);
  co_await asio::async_write(stream_, first, into(problem));
  if (problem) co_return false;
  if (head_only) co_return true;
  if (response.live) {
    co_return co_await send_live(*response.live, is_chunked(response, version), sent);
  }
  sent = first[1].size();
  while (sent < size) {
    if (response.source) {
      piece = response.source->read(
          sent, static_cast<std::size_t>(std::min<std::uintmax_t>(kWriteBytes, size - sent)));
      pending = piece;
      // The length was promised: a file that was cut meanwhile can only end the connection.
      if (pending.empty()) co_return false;
    } else {
      pending = std::string_view{piece}.substr(sent, kWriteBytes);
    }
    allow(limits_.write);
    co_await asio::async_write(stream_, asio::buffer(pending), into(problem));
    if (problem) co_return false;
    sent += pending.size();
  }
  co_return true;
}

asio::awaitable<Connection::Next> Connection::refuse_reading(error_code problem) {
  auto response = answer_to(problem, timed_out_, limits_);
  if (!response) co_return Next::close;
  timed_out_ = false;
  const bool written = co_await write(std::move(*response), "GET", false, kHttp11);
  co_return written ? Next::linger : Next::close;
}

/// Takes what the client still sends, for a while: closing with unread bytes makes the kernel reset
/// the connection, and the client would never see the answer.
asio::awaitable<void> Connection::linger() {
  co_await say_goodbye();
  error_code problem;
  // Below TLS, if there is any: nobody reads what comes.
  auto& socket = stream_.socket();
  socket.shutdown(Socket::shutdown_send, problem);
  std::array<char, kReadBytes> scratch{};
  std::size_t taken = 0;
  allow(kLingerTime);
  while (!problem && taken < kLingerBytes) {
    taken += co_await socket.async_read_some(asio::buffer(scratch), into(problem));
  }
}

/// Ends TLS in order, so that the client knows that nothing was cut off.
asio::awaitable<void> Connection::say_goodbye() {
  if (!stream_.is_secure() || closed_ || timed_out_) co_return;
  error_code ignored;
  allow(kLingerTime);
  co_await stream_.async_shutdown(into(ignored));
}

/// Cancels what the socket is doing once its deadline has passed, until the connection is closed.
asio::awaitable<void> Connection::watch() {
  const auto tick = tick_of(limits_);
  while (!closed_) {
    error_code ignored;
    watchdog_.expires_after(tick);
    co_await watchdog_.async_wait(into(ignored));
    if (closed_ || std::chrono::steady_clock::now() < deadline_) continue;
    timed_out_ = true;
    stream_.socket().cancel(ignored);
  }
}

void Connection::allow(std::chrono::milliseconds time) {
  deadline_ = std::chrono::steady_clock::now() + time;
}

void Connection::allow_any_time() {
  deadline_ = Moment::max();
}

void Connection::close() noexcept {
  error_code ignored;
  closed_ = true;
  stream_.socket().shutdown(Socket::shutdown_both, ignored);
  stream_.socket().close(ignored);
  watchdog_.cancel();
  pause_.cancel();
}

}  // namespace iib::web
