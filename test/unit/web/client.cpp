#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace iib::test {
namespace {

constexpr int kTimeoutSeconds = 30;
constexpr std::string_view kUnix = "unix:";

template <class Address>
int connected(const Address& address, int family) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{.tv_sec = kTimeoutSeconds, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket);
    throw std::runtime_error{"the test's client cannot connect"};
  }
  return socket;
}

int connect_to(const std::string& address) {
  if (address.starts_with(kUnix)) {
    sockaddr_un target{};
    target.sun_family = AF_UNIX;
    address.copy(target.sun_path, sizeof target.sun_path - 1, kUnix.size());
    return connected(target, AF_UNIX);
  }
  const auto colon = address.rfind(':');
  const auto port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  if (address.front() == '[') {
    sockaddr_in6 target{};
    target.sin6_family = AF_INET6;
    target.sin6_port = port;
    ::inet_pton(AF_INET6, address.substr(1, colon - 2).c_str(), &target.sin6_addr);
    return connected(target, AF_INET6);
  }
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = port;
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &target.sin_addr);
  return connected(target, AF_INET);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char character) {
    return static_cast<char>(std::tolower(character));
  });
  return text;
}

}  // namespace

RawClient::RawClient(const std::string& address) : socket_{connect_to(address)} {}

RawClient::~RawClient() {
  ::close(socket_);
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has seen enough
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawClient::fill() {
  std::array<char, 64UL * 1024> piece{};
  const auto bytes = ::recv(socket_, piece.data(), piece.size(), 0);
  if (bytes <= 0) return false;
  buffer_.append(piece.data(), static_cast<std::size_t>(bytes));
  return true;
}

Received RawClient::receive(bool head_only) {
  Received result;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return {};
  }
  const int status = std::stoi(buffer_.substr(std::strlen("HTTP/1.1 ")));
  for (auto at = buffer_.find("\r\n") + 2; at < end;) {
    const auto line_end = buffer_.find("\r\n", at);
    const auto colon = buffer_.find(": ", at);
    result.headers[lower(buffer_.substr(at, colon - at))] =
        buffer_.substr(colon + 2, line_end - colon - 2);
    at = line_end + 2;
  }
  buffer_.erase(0, end + 4);
  const auto length = result.headers.find("content-length");
  const std::size_t bytes =
      head_only || length == result.headers.end() ? 0 : std::stoul(length->second);
  while (buffer_.size() < bytes) {
    if (!fill()) return {};
  }
  result.body = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  result.status = status;
  return result;
}

std::optional<std::string> RawClient::receive_chunk() {
  constexpr int kHexadecimal = 16;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  const auto bytes = std::stoul(buffer_, nullptr, kHexadecimal);
  while (buffer_.size() < end + 2 + bytes + 2) {
    if (!fill()) return std::nullopt;
  }
  auto chunk = buffer_.substr(end + 2, bytes);
  buffer_.erase(0, end + 2 + bytes + 2);
  return chunk;
}

std::optional<std::string> RawClient::receive_chunks() {
  std::string all;
  for (;;) {
    const auto chunk = receive_chunk();
    if (!chunk) return std::nullopt;
    if (chunk->empty()) return all;
    all += *chunk;
  }
}

std::string RawClient::receive_rest() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

bool RawClient::is_closed_by_server() {
  if (!buffer_.empty()) return false;
  char byte = 0;
  const auto bytes = ::recv(socket_, &byte, 1, 0);
  return bytes == 0 || (bytes < 0 && errno == ECONNRESET);
}

std::string request_text(const std::string& method, const std::string& target,
                         const std::string& body, const std::string& headers) {
  auto text = method + " " + target + " HTTP/1.1\r\nHost: iib.test\r\n" + headers;
  if (!body.empty()) {
    if (headers.find("Content-Type") == std::string::npos) {
      text += "Content-Type: application/json\r\n";
    }
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

Received exchange(const std::string& address, const std::string& method, const std::string& target,
                  const std::string& body, const std::string& headers) {
  RawClient client{address};
  client.send(request_text(method, target, body, headers));
  return client.receive(method == "HEAD");
}

}  // namespace iib::test
