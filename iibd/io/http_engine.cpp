#include "io/http_engine.hpp"

#include "io/http_connect.hpp"
#include "io/http_tls.hpp"
#include "io/http_transport.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

namespace iib::io {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kBufferBytes = 64UL << 10U;
constexpr std::size_t kUploadBytes = 256UL << 10U;
/// Of an error's body: enough for what any registry explains.
constexpr std::size_t kErrorBytes = 64UL << 10U;

/// What cpp-httplib reads and writes. It sees a head of ours instead of the server's.
class AnswerStream final : public httplib::Stream {
 public:
  AnswerStream(int socket, SSL* tls, HttpExchange& exchange)
      : socket_{socket}, transport_{socket, tls, exchange}, exchange_{exchange} {}

  [[nodiscard]] bool is_readable() const override { return true; }  // read() waits
  [[nodiscard]] bool is_writable() const override { return true; }
  [[nodiscard]] socket_t socket() const override { return socket_; }
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}

  ssize_t read(char* to, std::size_t size) override {
    if (!exchange_.head && !read_head()) return -1;
    if (prelude_at_ < prelude_.size()) return take(prelude_, prelude_at_, to, size);
    if (buffered_at_ == buffered_.size() && !refill()) return failed_ ? -1 : 0;
    return take(buffered_, buffered_at_, to, size);
  }

  ssize_t write(const char* bytes, std::size_t size) override {
    // What the server no longer reads is swallowed, so that cpp-httplib goes on to the answer.
    return transport_.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }

  /// Looks for an answer before the body is sent whole.
  void look_for_answer() {
    if (transport_.peer() != HttpTransport::Peer::quiet) exchange_.interrupted = true;
  }

  /// Whether bytes came that belong to no answer.
  [[nodiscard]] bool has_rest() const { return buffered_at_ < buffered_.size(); }

 private:
  static ssize_t take(const std::string& from, std::size_t& at, char* to, std::size_t size) {
    const auto count = std::min(size, from.size() - at);
    std::copy_n(from.data() + at, count, to);
    at += count;
    return static_cast<ssize_t>(count);
  }

  /// Adds to `bytes`; false at the end of the connection or with a failure.
  bool read_more(std::string& bytes) {
    const auto got = transport_.read(buffer_);
    if (got < 0) failed_ = true;
    if (got <= 0) return false;
    bytes.append(buffer_.data(), static_cast<std::size_t>(got));
    return true;
  }

  bool refill() {
    buffered_.clear();
    buffered_at_ = 0;
    if (read_more(buffered_)) return true;
    const auto& head = *exchange_.head;
    const bool by_length = head.chunked || head.length;
    if (!failed_ && by_length) {
      exchange_.fail(HttpFailure::Cause::cut,
                     "unexpected EOF: the connection ended before the answer did");
    }
    return false;
  }

  /// The head of the final answer; interim ones (1xx) are skipped.
  bool read_head() {
    for (;;) {
      const auto end = end_of_head(buffered_);
      if (end == std::string::npos) {
        if (!read_head_bytes()) return false;
        continue;
      }
      auto head = parse_head({buffered_.data(), end}, exchange_.request.method);
      if (!head) {
        exchange_.fail(HttpFailure::Cause::protocol, "the answer is no valid HTTP",
                       ExternalError::Retry::no);
        return false;
      }
      buffered_.erase(0, end);
      if (head->status < 200) continue;
      // A body that was not sent whole leaves the server waiting for the rest.
      if (exchange_.interrupted) head->keeps_connection = false;
      prelude_ = plain_head(*head);
      exchange_.head = std::move(head);
      return true;
    }
  }

  bool read_head_bytes() {
    if (buffered_.size() >= kMostHeadBytes) {
      exchange_.fail(HttpFailure::Cause::too_large,
                     fmt::format("the head of the answer is longer than {} bytes", kMostHeadBytes),
                     ExternalError::Retry::no);
      return false;
    }
    if (read_more(buffered_)) return true;
    if (!failed_) {
      exchange_.fail(HttpFailure::Cause::cut,
                     "unexpected EOF: the connection ended before the answer did");
    }
    return false;
  }

  int socket_;
  HttpTransport transport_;
  HttpExchange& exchange_;
  std::array<char, kBufferBytes> buffer_{};
  std::string prelude_;
  std::size_t prelude_at_ = 0;
  std::string buffered_;  ///< Read, and not yet taken.
  std::size_t buffered_at_ = 0;
  bool failed_ = false;
};

SSL* tls_of(const httplib::ClientImpl& /*plain*/, SSL* /*none*/) {
  return nullptr;
}
SSL* tls_of(const httplib::SSLClient& /*secure*/, SSL* tls) {
  return tls;
}

/// `Base` is httplib::ClientImpl or httplib::SSLClient.
template <class Base>
class Connection final : public Base {
 public:
  Connection(const HttpOrigin& server, const HttpSettings& settings)
      : Base{server.host, server.port}, server_{server}, settings_{settings} {
    this->set_keep_alive(true);
    this->set_url_encode(false);  // targets come encoded; signed ones must stay as they are
    this->set_decompress(false);  // blobs are wanted byte by byte
  }

  bool run(HttpExchange& exchange) {
    exchange_ = &exchange;
    stream_ = nullptr;
    auto request = make_request();
    httplib::Response answer;
    auto error = httplib::Error::Success;
    const auto begin = steady_clock::now();
    const auto patience = exchange.wait.at_most(settings_.connect_timeout);
    this->set_connection_timeout(patience);  // for each wait of the handshake
    ::ERR_clear_error();
    const bool whole = this->send(request, answer, error) || exchange.enough;
    exchange.wait.take_back();
    if (!whole && !exchange.failure && !exchange.thrown) {
      note_failure(error, steady_clock::now() - begin >= patience);
    }
    if (!whole || has_rest_) this->stop();
    has_rest_ = false;
    exchange_ = nullptr;
    return whole && !exchange.thrown;
  }

 private:
  using Socket = typename Base::Socket;

  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
    try {
      auto connected = connect_socket(server_, settings_, exchange_->wait);
      exchange_->wait.lend(connected.get());
      socket.sock = connected.release();
      return true;
    } catch (const ConnectFailure& failure) {
      exchange_->fail(failure.cause, failure.detail, failure.retry);
      error = httplib::Error::Connection;
      return false;
    }
  }

  bool process_socket(const Socket& socket,
                      std::function<bool(httplib::Stream&)> callback) override {
    exchange_->wait.take_back();
    ::fcntl(socket.sock, F_SETFL, ::fcntl(socket.sock, F_GETFL) | O_NONBLOCK);
    AnswerStream stream{socket.sock, tls_of(*this, socket.ssl), *exchange_};
    stream_ = &stream;
    const bool done = callback(stream);
    has_rest_ = stream.has_rest();
    stream_ = nullptr;
    return done;
  }

  httplib::Request make_request() {
    const auto& wanted = exchange_->request;
    httplib::Request request;
    request.method = wanted.method;
    const bool by_proxy = settings_.proxy && server_.scheme == HttpScheme::http;
    request.path = by_proxy ? server_.text() + wanted.target : wanted.target;
    request.headers.emplace("Host", server_.authority());
    request.headers.emplace("User-Agent", "iibd");
    for (const auto& [name, value] : wanted.headers) request.headers.emplace(name, value);
    if (!wanted.authorization.empty()) {
      request.headers.emplace("Authorization", std::string{wanted.authorization.reveal()});
    }
    if (by_proxy && !settings_.proxy->user.empty()) {
      request.headers.emplace("Proxy-Authorization", proxy_authorization(*settings_.proxy));
    }
    if (!wanted.content_type.empty()) request.headers.emplace("Content-Type", wanted.content_type);
    request.body = wanted.body;
    if (wanted.source) {
      request.content_length_ = wanted.source_bytes;
      request.content_provider_ = [this](std::size_t offset, std::size_t left,
                                         httplib::DataSink& sink) {
        return provide(offset, left, sink);
      };
    }
    request.response_handler = [this](const httplib::Response& /*ours*/) { return begin_body(); };
    request.content_receiver = [this](const char* bytes, std::size_t size, std::uint64_t /*at*/,
                                      std::uint64_t /*of*/) {
      return take_body({bytes, size});
    };
    return request;
  }

  /// Runs a function of the caller's. An exception must not pass through cpp-httplib, which would
  /// count the request as under way for ever.
  template <class Use>
  bool guarded(Use&& use) {
    try {
      return use();
    } catch (...) {  // carried over to the caller
      exchange_->thrown = std::current_exception();
      return false;
    }
  }

  bool provide(std::size_t offset, std::size_t left, httplib::DataSink& sink) {
    upload_.resize(kUploadBytes);
    stream_->look_for_answer();
    return guarded([&] {
      auto count = std::min(left, upload_.size());
      if (!exchange_->interrupted) {
        count = exchange_->request.source(offset, std::span{upload_}.first(count));
        if (count == 0)
          throw ExternalError{"a file became shorter while it was sent", ExternalError::Retry::no};
      }
      return sink.write(upload_.data(), count);
    });
  }

  bool begin_body() {
    const auto& request = exchange_->request;
    const auto& head = *exchange_->head;
    if (request.sink.begin) {
      const bool told = guarded([&] {
        exchange_->sunk = request.sink.begin(HttpAnswer{head.status, head.headers, {}});
        return true;
      });
      if (!told) return false;
    }
    if (exchange_->sunk || head.status >= 300 || head.length.value_or(0) <= request.body_limit) {
      return true;
    }
    return refuse_body();
  }

  bool refuse_body() {
    exchange_->fail(
        HttpFailure::Cause::too_large,
        fmt::format("the answer is longer than {} bytes", exchange_->request.body_limit),
        ExternalError::Retry::no);
    return false;
  }

  bool take_body(std::string_view bytes) {
    if (exchange_->sunk) {
      return guarded([&] {
        exchange_->request.sink.write(bytes);
        return true;
      });
    }
    const bool of_error = exchange_->head->status >= 300;
    const auto limit = of_error ? kErrorBytes : exchange_->request.body_limit;
    const auto room = limit - exchange_->body.size();
    if (bytes.size() > room && !of_error) return refuse_body();
    exchange_->body.append(bytes.substr(0, room));
    exchange_->enough = bytes.size() > room;
    return !exchange_->enough;
  }

  void note_failure(httplib::Error error, bool out_of_patience) {
    if (error == httplib::Error::SSLServerVerification) {
      if constexpr (std::is_same_v<Base, httplib::SSLClient>) {
        exchange_->failure = certificate_failure(this->get_openssl_verify_result());
      }
    } else if (error == httplib::Error::SSLConnection && out_of_patience) {
      exchange_->fail(HttpFailure::Cause::timed_out, "TLS handshake timeout");
    } else if (error == httplib::Error::SSLConnection) {
      exchange_->failure = handshake_failure();
    } else {
      exchange_->fail(HttpFailure::Cause::protocol,
                      fmt::format("the answer is damaged ({})", httplib::to_string(error)));
    }
  }

  HttpOrigin server_;
  const HttpSettings& settings_;
  HttpExchange* exchange_ = nullptr;  ///< Of the call under way.
  AnswerStream* stream_ = nullptr;    ///< Likewise, once connected.
  bool has_rest_ = false;
  std::vector<char> upload_;
};

template <class Base>
class Engine final : public HttpEngine {
 public:
  Engine(const HttpOrigin& server, const HttpSettings& settings) : connection_{server, settings} {}
  ~Engine() override {
    const WithoutSigpipe guard;
    connection_.stop();
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] bool is_connected() const override { return connection_.is_socket_open() != 0; }
  [[nodiscard]] bool run(HttpExchange& exchange) override {
    const WithoutSigpipe guard;
    return connection_.run(exchange);
  }
  Connection<Base>& connection() { return connection_; }

 private:
  Connection<Base> connection_;
};

}  // namespace

std::unique_ptr<HttpEngine> make_engine(const HttpOrigin& server, const HttpSettings& settings) {
  if (server.scheme == HttpScheme::http) {
    return std::make_unique<Engine<httplib::ClientImpl>>(server, settings);
  }
  auto engine = std::make_unique<Engine<httplib::SSLClient>>(server, settings);
  auto& connection = engine->connection();
  connection.enable_server_certificate_verification(settings.tls.verification ==
                                                    HttpVerification::required);
  configure_tls(connection.ssl_context(), server, settings.tls);
  return engine;
}

}  // namespace iib::io
