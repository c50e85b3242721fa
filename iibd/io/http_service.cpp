#include "iib/io/http_service.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::io {
namespace {

constexpr std::size_t kShownBytes = 500;

/// An answer of 5xx on its way through the retries.
class ServerError : public ExternalError {
 public:
  ServerError(const std::string& name, HttpAnswer answer)
      : ExternalError{fmt::format("{} answered {}", name, answer.status), Retry::yes},
        answer_{std::move(answer)} {}
  [[nodiscard]] const HttpAnswer& answer() const noexcept { return answer_; }

 private:
  HttpAnswer answer_;
};

HttpUrl base_of(const HttpServiceOptions& options) {
  std::string_view url = options.url;
  while (url.ends_with('/')) url.remove_suffix(1);
  return parse_url(fmt::format("{}/", url));
}

/// `text` on one line, cut where no character of UTF-8 is split.
std::string shown(std::string_view text) {
  if (text.size() > kShownBytes) {
    auto end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end);
  }
  return one_line(text);
}

/// What the operator can do about a failure; empty when its cause says all.
std::string remedy(HttpFailure::Cause cause, const HttpServiceOptions& options) {
  if (cause == HttpFailure::Cause::certificate && !options.authorities_option.empty()) {
    return fmt::format("; {} must name a file with the authority of that certificate",
                       options.authorities_option);
  }
  if (cause == HttpFailure::Cause::timed_out && !options.limit_option.empty()) {
    return fmt::format("; see whether the service is well, or raise {}", options.limit_option);
  }
  return {};
}

}  // namespace

HttpService::HttpService(HttpServiceOptions options)
    : options_{std::move(options)}, base_{base_of(options_)} {}

HttpAnswer HttpService::try_once(const HttpRequest& request,
                                 const Cancellation& cancellation) const {
  HttpClient client{base_.origin, HttpSettings{.tls = {.authorities = options_.authorities},
                                               .proxy = find_proxy(base_.origin),
                                               // Who thinks for long before the first byte is
                                               // not idle: the limit of the call decides.
                                               .idle_timeout = options_.call_limit}};
  auto answer = client.send(request, cancellation);
  if (answer.status >= 500) throw ServerError{options_.name, std::move(answer)};
  return answer;
}

HttpAnswer HttpService::send(HttpRequest request, const Cancellation& cancellation,
                             const Log& log) const {
  request.target = base_.target + request.target;
  request.limit = options_.call_limit;
  request.body_limit = options_.answer_limit;
  try {
    return retry(options_.retries, cancellation, log, fmt::format("asking {}", options_.name),
                 [&] { return try_once(request, cancellation); });
  } catch (const ServerError& error) {
    return error.answer();
  } catch (const HttpFailure& failure) {
    throw HttpFailure{
        failure.what() + remedy(failure.cause(), options_), failure.cause(),
        failure.worth_retrying() ? ExternalError::Retry::yes : ExternalError::Retry::no};
  }
}

std::string told_by(const HttpAnswer& answer) {
  try {
    const auto document = parse_json(answer.body, {.name = "answer", .max_depth = 32});
    if (const auto message = text_member(document, "message")) return shown(*message);
  } catch (const UserError&) {
    // Not JSON: the body speaks for itself.
  }
  return shown(answer.body);
}

}  // namespace iib::io
