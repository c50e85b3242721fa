#include "iib/io/http_client.hpp"

#include "iib/base/log.hpp"
#include "io/http_engine.hpp"
#include "io/http_exchange.hpp"
#include "io/http_wait.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace iib::io {
namespace {

using std::chrono::steady_clock;

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](unsigned char one, unsigned char other) {
                      return std::tolower(one) == std::tolower(other);
                    });
}

bool is_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char character) {
    return (character < ' ' && character != '\t') || character == 0x7F;
  });
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char character) {
    return std::isalnum(character) != 0 || character == '-';
  });
}

/// A line break in any of these would be a header, or a request, that nobody meant to send. Nothing
/// of a value is repeated: it may be a credential.
void check_request(const HttpRequest& request, std::string_view what) {
  bool good = is_name(request.method) && is_value(request.authorization.reveal()) &&
              is_value(request.content_type) && request.target.starts_with('/');
  for (const char character : request.target) good = good && character > ' ' && character <= '~';
  for (const auto& [name, value] : request.headers) good = good && is_name(name) && is_value(value);
  if (!good) {
    throw ExternalError{fmt::format("{}: it holds characters that HTTP does not allow", what),
                        ExternalError::Retry::no};
  }
}

}  // namespace

std::string HttpAnswer::header(std::string_view name) const {
  for (const auto& [each, value] : headers) {
    if (same_name(each, name)) return value;
  }
  return {};
}

std::vector<std::string> HttpAnswer::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [each, value] : headers) {
    if (same_name(each, name)) values.push_back(value);
  }
  return values;
}

struct HttpClient::Impl {
  HttpOrigin server;
  HttpSettings settings;
  std::unique_ptr<HttpEngine> engine;

  [[noreturn]] void fail(const HttpExchange& exchange, const std::string& what,
                         const Cancellation& cancellation) const {
    if (exchange.wait.end() && *exchange.wait.end() != HttpWait::End::idle) {
      cancellation.check(what);
      throw HttpFailure{fmt::format("{}: deadline exceeded: no whole answer within {} ms", what,
                                    exchange.request.limit.count()),
                        HttpFailure::Cause::timed_out, ExternalError::Retry::yes};
    }
    cancellation.check(what);  // a library's wait may have ended by our stop or deadline
    const auto& failure = *exchange.failure;
    throw HttpFailure{fmt::format("{}: {}", what, one_line(failure.detail)), failure.cause,
                      failure.retry};
  }
};

HttpClient::HttpClient(HttpOrigin server, HttpSettings settings) : impl_{std::make_unique<Impl>()} {
  impl_->server = std::move(server);
  impl_->settings = std::move(settings);
  impl_->engine = make_engine(impl_->server, impl_->settings);
}

HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

const HttpOrigin& HttpClient::server() const noexcept {
  return impl_->server;
}

HttpAnswer HttpClient::send(const HttpRequest& request, const Cancellation& cancellation) {
  const auto path = std::string_view{request.target}.substr(0, request.target.find('?'));
  const auto what = one_line(fmt::format("{} {}{}", request.method, impl_->server.text(), path));
  check_request(request, what);
  cancellation.check(what);
  const auto limit = steady_clock::now() + request.limit;
  for (;;) {
    HttpWait wait{cancellation, limit};
    HttpExchange exchange{request, impl_->settings, wait};
    const bool reused = impl_->engine->is_connected();
    if (impl_->engine->run(exchange)) {
      return {exchange.head->status, std::move(exchange.head->headers), std::move(exchange.body)};
    }
    if (exchange.thrown) std::rethrow_exception(exchange.thrown);
    // The server had closed the kept connection before it saw anything of this request.
    const bool stale = reused && !exchange.answer_began && !wait.end() &&
                       exchange.failure->cause == HttpFailure::Cause::cut;
    if (!stale) impl_->fail(exchange, what, cancellation);
  }
}

}  // namespace iib::io
