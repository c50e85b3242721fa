#pragma once

#include "iib/base/descriptor.hpp"
#include "loopback.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace iib::test {

/// A request as it came.
struct RawRequest {
  std::string head;    ///< Up to its empty line.
  std::string body;    ///< As long as Content-Length says.
  int connection = 0;  ///< Which connection of the server it came over, from 1.

  /// `GET /path`.
  [[nodiscard]] std::string line() const;
  /// The value of a header; empty when there is none.
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// What a server sends back, byte by byte.
struct RawAnswer {
  std::string bytes;
  /// What happens then: the next request is awaited, the connection ended, or nothing at all until
  /// the client gives up.
  enum class Then { next, close, silence } then = Then::next;
};

/// `HTTP/1.1 status`, headers (each ended by CR LF), the body and its length.
[[nodiscard]] RawAnswer answer(int status, const std::string& body = {},
                               const std::string& headers = {});

/// A server on a free port of loopback that says whatever a test wants, also what no server would.
class HttpTestServer {
 public:
  using Handler = std::function<RawAnswer(const RawRequest&)>;
  /// What is to be read of a request before it is answered.
  enum class Reads { all, head_only };

  explicit HttpTestServer(Handler handler, Reads reads = Reads::all);
  HttpTestServer(const HttpTestServer&) = delete;
  HttpTestServer& operator=(const HttpTestServer&) = delete;
  ~HttpTestServer();

  [[nodiscard]] int port() const { return port_.number(); }
  /// `127.0.0.1:port`.
  [[nodiscard]] std::string address() const;
  /// How many connections there were.
  [[nodiscard]] int connections() const;
  /// What came, in order.
  [[nodiscard]] std::vector<RawRequest> requests() const;

 private:
  void serve();
  void converse(Descriptor client, int number);
  [[nodiscard]] bool readable(int socket) const;
  [[nodiscard]] bool read_request(int client, RawRequest& request) const;

  Handler handler_;
  Reads reads_;
  OwnPort port_;
  Descriptor stop_;
  mutable std::mutex mutex_;
  int connections_ = 0;
  std::vector<RawRequest> requests_;
  std::vector<std::jthread> conversations_;  // used by acceptor_ alone, until it has ended
  std::jthread acceptor_;
};

}  // namespace iib::test
