#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace iib::test {

/// An answer as it came over the wire.
struct Received {
  int status = 0;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A TCP connection on which a test can send whatever it likes.
class RawClient {
 public:
  /// Connects to `host:port`, or to a unix socket for `unix:/path`.
  explicit RawClient(const std::string& address);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  void send(std::string_view bytes);
  /// The next answer; status 0 when the connection ends before it is whole.
  Received receive(bool head_only = false);
  /// The next chunk of a body whose head was received; empty at its end, nothing when the
  /// connection ends before.
  std::optional<std::string> receive_chunk();
  /// All chunks up to the end of the body; nothing when the connection ends before.
  std::optional<std::string> receive_chunks();
  /// Everything up to the end of the connection.
  std::string receive_rest();
  /// Whether the server closes the connection within a few seconds, sending nothing more.
  bool is_closed_by_server();

 private:
  bool fill();
  int socket_;
  std::string buffer_;
};

/// One request on a connection of its own.
Received exchange(const std::string& address, const std::string& method, const std::string& target,
                  const std::string& body = "", const std::string& headers = "");

/// The text of a request; a body brings its length and type with it.
std::string request_text(const std::string& method, const std::string& target,
                         const std::string& body = "", const std::string& headers = "");

}  // namespace iib::test
