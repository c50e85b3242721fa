#include "http_test_server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace iib::test {
namespace {

constexpr char kTlsHandshake = 0x16;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char each) { return static_cast<char>(std::tolower(each)); });
  return text;
}

}  // namespace

std::string RawRequest::line() const {
  return head.substr(0, head.rfind(" HTTP/", head.find('\r')));
}

std::string RawRequest::header(const std::string& name) const {
  const auto begin = lower(head).find("\r\n" + lower(name) + ": ");
  if (begin == std::string::npos) return {};
  const auto value = begin + name.size() + 4;
  return head.substr(value, head.find("\r\n", value) - value);
}

RawAnswer answer(int status, const std::string& body, const std::string& headers) {
  return {fmt::format("HTTP/1.1 {} Said so\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                      headers, body)};
}

HttpTestServer::HttpTestServer(Handler handler, Reads reads)
    : handler_{std::move(handler)}, reads_{reads}, stop_{::eventfd(0, EFD_CLOEXEC)} {
  constexpr int kBacklog = 64;
  port_.listen(kBacklog);
  acceptor_ = std::jthread{[this] { serve(); }};
}

HttpTestServer::~HttpTestServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
  acceptor_.join();
}

std::string HttpTestServer::address() const {
  return fmt::format("127.0.0.1:{}", port_.number());
}

int HttpTestServer::connections() const {
  const std::scoped_lock lock{mutex_};
  return connections_;
}

std::vector<RawRequest> HttpTestServer::requests() const {
  const std::scoped_lock lock{mutex_};
  return requests_;
}

/// Waits for bytes or the end of the stream; false when the server is to end.
bool HttpTestServer::readable(int socket) const {
  std::array<pollfd, 2> events{{{socket, POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (::poll(events.data(), events.size(), -1) < 0) {
  }
  return events[1].revents == 0;
}

void HttpTestServer::serve() {
  while (readable(port_.socket())) {
    const int client = ::accept4(port_.socket(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const std::scoped_lock lock{mutex_};
    const int number = ++connections_;
    conversations_.emplace_back([this, client, number] { converse(Descriptor{client}, number); });
  }
  conversations_.clear();  // joins
}

bool HttpTestServer::read_request(int client, RawRequest& request) const {
  char each = 0;
  while (!request.head.ends_with("\r\n\r\n")) {
    if (!readable(client) || ::recv(client, &each, 1, 0) != 1) return false;
    if (request.head.empty() && each == kTlsHandshake) {
      send_all(client, "HTTP/1.0 400 Bad Request\r\n\r\nplain HTTP only\n");
      return false;
    }
    request.head.push_back(each);
  }
  if (reads_ == Reads::head_only) return true;
  auto left = std::strtoull(request.header("Content-Length").c_str(), nullptr, 10);
  std::array<char, 65536> buffer{};
  while (left > 0) {
    if (!readable(client)) return false;
    const auto got = ::recv(client, buffer.data(), std::min<std::size_t>(left, buffer.size()), 0);
    if (got <= 0) return false;
    request.body.append(buffer.data(), static_cast<std::size_t>(got));
    left -= static_cast<std::size_t>(got);
  }
  return true;
}

void HttpTestServer::converse(Descriptor client, int number) {
  for (;;) {
    RawRequest request{.head = {}, .body = {}, .connection = number};
    if (!read_request(client.get(), request)) return;
    {
      const std::scoped_lock lock{mutex_};
      requests_.push_back(request);
    }
    const auto given = handler_(request);
    send_all(client.get(), given.bytes);
    if (given.then == RawAnswer::Then::close) return;
    if (given.then == RawAnswer::Then::silence) {
      std::array<char, 65536> ignored{};
      while (readable(client.get()) &&
             ::recv(client.get(), ignored.data(), ignored.size(), 0) > 0) {
      }
      return;
    }
  }
}

}  // namespace iib::test
