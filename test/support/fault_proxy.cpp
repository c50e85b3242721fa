#include "fault_proxy.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace iib::test {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr int kBacklog = 64;
/// What a plain HTTP server says to a client that begins with TLS; it makes the tools fall back.
constexpr std::string_view kNoTls = "HTTP/1.0 400 Bad Request\r\n\r\nplain HTTP only\n";
constexpr char kTlsHandshake = 0x16;

/// Moves what is there; false at the end of the stream.
bool move_some(int from, int to) {
  std::array<char, 64UL * 1024> buffer{};
  const auto got = ::recv(from, buffer.data(), buffer.size(), 0);
  return got > 0 && send_all(to, {buffer.data(), static_cast<std::size_t>(got)});
}

void reset(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/// The registry ends the connection after its answer, so that the end of the stream is the
/// answer's.
std::string single_request(std::string head) {
  return head.insert(head.find("\r\n"), "\r\nConnection: close");
}

std::uint32_t choose_seed() {
  const char* given = std::getenv("IIBD_TEST_SEED");
  return given == nullptr ? std::random_device{}()
                          : static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
}

}  // namespace

FaultProxy::FaultProxy(int registry_port)
    : registry_port_{registry_port}, stop_{::eventfd(0, EFD_CLOEXEC)} {
  const auto seed = choose_seed();
  random_.seed(seed);
  fmt::print("fault proxy: IIBD_TEST_SEED={}\n", seed);
}

FaultProxy::~FaultProxy() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
  if (acceptor_.joinable()) acceptor_.join();
}

void FaultProxy::listen() {
  port_.listen(kBacklog);
  acceptor_ = std::jthread{[this] { serve(); }};
}

std::string FaultProxy::address() const {
  return fmt::format("127.0.0.1:{}", port_.number());
}

void FaultProxy::add(FaultRule rule) {
  const std::scoped_lock lock{mutex_};
  rules_.push_back(std::move(rule));
}

void FaultProxy::fail_at_random(double probability, std::vector<Fault> faults) {
  const std::scoped_lock lock{mutex_};
  probability_ = probability;
  random_faults_ = std::move(faults);
}

void FaultProxy::judge_by(Judge judge) {
  const std::scoped_lock lock{mutex_};
  judge_ = std::move(judge);
}

int FaultProxy::seen(std::string_view method, std::string_view path) const {
  const std::scoped_lock lock{mutex_};
  int count = 0;
  for (const auto& each : seen_) {
    if (!method.empty() && each.method != method) continue;
    if (each.path.find(path) != std::string::npos) ++count;
  }
  return count;
}

int FaultProxy::faults() const {
  const std::scoped_lock lock{mutex_};
  return faults_;
}

int FaultProxy::kept() const {
  const std::scoped_lock lock{mutex_};
  return kept_;
}

/// Waits for bytes or the end of the stream; false when the proxy is to end.
bool FaultProxy::readable(int socket) const {
  std::array<pollfd, 2> events{{{socket, POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (::poll(events.data(), events.size(), -1) < 0) {
  }
  return events[1].revents == 0;
}

void FaultProxy::serve() {
  while (readable(port_.socket())) {
    const int client = ::accept4(port_.socket(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    conversations_.emplace_back([this, client] { converse(Descriptor{client}); });
  }
  conversations_.clear();  // joins
}

/// Up to the end of the head, and no byte of the body; empty when there is none.
std::string FaultProxy::read_head(int client) const {
  std::string head;
  char each = 0;
  while (!head.ends_with(kEndOfHead)) {
    if (!readable(client) || ::recv(client, &each, 1, 0) != 1) return {};
    if (head.empty() && each == kTlsHandshake) {
      send_all(client, kNoTls);
      return {};
    }
    head.push_back(each);
  }
  return head;
}

void FaultProxy::await_end(int client) const {
  std::array<char, 4096> ignored{};
  while (readable(client) && ::recv(client, ignored.data(), ignored.size(), 0) > 0) {
  }
}

void FaultProxy::converse(Descriptor client) {
  const auto head = read_head(client.get());
  if (head.empty()) return;
  const auto blank = head.find(' ');
  const Seen request{.method = head.substr(0, blank),
                     .path = head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1)};
  const auto fault = choose(request);
  if (!fault) {
    pass(client.get(), head);
    return;
  }
  switch (fault->kind) {
    case Fault::Kind::answer:
      send_all(client.get(), fmt::format("HTTP/1.1 {} Fault\r\n{}Content-Length: 0\r\nConnection: "
                                         "close\r\n\r\n",
                                         fault->status, fault->headers));
      ::shutdown(client.get(), SHUT_WR);
      await_end(client.get());
      return;
    case Fault::Kind::cut:
      // What brings a body is cut in that body instead: the registry would wait for the rest.
      if (request.method == "GET" || request.method == "HEAD") {
        pass_part(client.get(), head, fault->bytes);
      } else {
        if (fault->bytes > 0) cut_request(client.get(), head, fault->bytes);
        reset(client.get());
      }
      return;
    case Fault::Kind::slow:
      pass_slowly(client.get(), head, fault->bytes);
      return;
    case Fault::Kind::reset:
      reset(client.get());
      return;
    case Fault::Kind::silence:
      await_end(client.get());
      return;
    case Fault::Kind::lost:
      ask_registry(client.get(), head);
      reset(client.get());
      return;
    case Fault::Kind::kept:
      ask_registry(client.get(), head);
      {
        const std::scoped_lock lock{mutex_};
        ++kept_;
      }
      await_end(client.get());
      return;
  }
}

std::optional<Fault> FaultProxy::choose(const Seen& request) {
  std::unique_lock lock{mutex_};
  seen_.push_back(request);
  if (judge_) {
    const auto judge = judge_;
    lock.unlock();
    auto fault = judge(request.method, request.path);
    lock.lock();
    if (fault) {
      ++faults_;
      return fault;
    }
  }
  for (auto& rule : rules_) {
    if (rule.times == 0) continue;
    if (!rule.method.empty() && rule.method != request.method) continue;
    if ((request.path + " ").find(rule.path) == std::string::npos) continue;
    --rule.times;
    ++faults_;
    return rule.fault;
  }
  if (random_faults_.empty() || !std::bernoulli_distribution{probability_}(random_))
    return std::nullopt;
  ++faults_;
  std::uniform_int_distribution<std::size_t> any{0, random_faults_.size() - 1};
  return random_faults_[any(random_)];
}

Descriptor FaultProxy::connect_registry(const std::string& head) const {
  auto registry = tcp_socket();
  if (!connect_to(registry.get(), registry_port_)) {
    throw std::runtime_error{"the registry behind the fault proxy is gone"};
  }
  send_all(registry.get(), single_request(head));
  return registry;
}

void FaultProxy::pass(int client, const std::string& head) const {
  const auto registry = connect_registry(head);
  std::array<pollfd, 3> events{
      {{client, POLLIN, 0}, {registry.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  for (;;) {
    if (::poll(events.data(), events.size(), -1) < 0) continue;
    if (events[2].revents != 0) return;
    if (events[1].revents != 0 && !move_some(registry.get(), client)) return;
    // A client that has said all may end its side and still wait for the answer.
    if (events[0].revents != 0 && !move_some(client, registry.get())) events[0].fd = -1;
  }
}

/// Passes the request on, and no byte of the answer, for which it waits.
void FaultProxy::ask_registry(int client, const std::string& head) const {
  const auto registry = connect_registry(head);
  std::array<pollfd, 3> events{
      {{client, POLLIN, 0}, {registry.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  for (;;) {
    if (::poll(events.data(), events.size(), -1) < 0) continue;
    if (events[1].revents != 0 || events[2].revents != 0) return;
    if (events[0].revents != 0 && !move_some(client, registry.get())) events[0].fd = -1;
  }
}

void FaultProxy::pass_part(int client, const std::string& head, std::size_t bytes) const {
  const auto registry = connect_registry(head);
  std::string answer;
  std::array<char, 64UL * 1024> buffer{};
  for (;;) {
    const auto got =
        readable(registry.get()) ? ::recv(registry.get(), buffer.data(), buffer.size(), 0) : 0;
    if (got <= 0) break;
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const auto body = answer.find(kEndOfHead);
  if (body == std::string::npos) return;
  const auto begin = body + kEndOfHead.size();
  const auto part = bytes > 0 ? bytes : (answer.size() - begin) / 2;
  send_all(client, std::string_view{answer}.substr(0, begin + part));
}

/// Whether the proxy is to end within `pause`.
bool FaultProxy::ends_within(std::chrono::milliseconds pause) const {
  pollfd stop{stop_.get(), POLLIN, 0};
  return ::poll(&stop, 1, static_cast<int>(pause.count())) != 0;
}

/// A tenth of a second's worth at a time.
void FaultProxy::pass_slowly(int client, const std::string& head,
                             std::size_t bytes_per_second) const {
  constexpr std::chrono::milliseconds kPause{100};
  const auto registry = connect_registry(head);
  std::vector<char> buffer(std::max<std::size_t>(bytes_per_second / 10, 1));
  while (readable(registry.get())) {
    const auto got = ::recv(registry.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0 || !send_all(client, {buffer.data(), static_cast<std::size_t>(got)})) return;
    if (ends_within(kPause)) return;
  }
}

/// Lets the registry have the first `bytes` of the request's body, and no more.
void FaultProxy::cut_request(int client, const std::string& head, std::size_t bytes) const {
  const auto registry = connect_registry(head);
  std::array<char, 4096> buffer{};
  while (bytes > 0 && readable(client)) {
    const auto got = ::recv(client, buffer.data(), std::min(bytes, buffer.size()), 0);
    if (got <= 0) return;
    send_all(registry.get(), {buffer.data(), static_cast<std::size_t>(got)});
    bytes -= static_cast<std::size_t>(got);
  }
}

}  // namespace iib::test
