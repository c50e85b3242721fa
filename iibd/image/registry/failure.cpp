#include "image/registry/failure.hpp"

#include "iib/base/log.hpp"
#include "iib/base/urls.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <optional>

namespace iib::image {
namespace {

constexpr std::size_t kExplanationBytes = 400;
constexpr std::size_t kMostErrors = 3;

/// `code: message` of each error that the JSON body lists; nothing when it is no such body.
std::optional<std::string> listed_errors(std::string_view body) {
  try {
    const auto document = io::parse_json(body, {.max_bytes = 64UL << 10U, .max_depth = 32});
    const auto* errors = io::find_member(document, "errors");
    if (errors == nullptr || !errors->IsArray()) return std::nullopt;
    std::string text;
    for (rapidjson::SizeType i = 0; i < std::min<std::size_t>(errors->Size(), kMostErrors); ++i) {
      const auto code = io::text_member((*errors)[i], "code").value_or("");
      const auto message = io::text_member((*errors)[i], "message").value_or("");
      text += fmt::format("{}{}{}{}", text.empty() ? "" : ", ", code,
                          code.empty() || message.empty() ? "" : ": ", message);
    }
    return text;
  } catch (const UserError&) {  // no JSON: shown as it is
    return std::nullopt;
  }
}

/// A registry that does not know a blob that it has just taken: it notices a little later, or
/// another client has pushed the same one at this moment (docker-registry empties the file that
/// names it before it writes it anew).
bool has_not_noticed(std::string_view explanation) {
  return explanation.find("MANIFEST_BLOB_UNKNOWN") != std::string_view::npos;
}

std::optional<std::chrono::seconds> until_date(const std::string& text) {
  std::tm date{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::chrono::seconds{::timegm(&date) - std::time(nullptr)};
}

Cause cause_of_status(int status) {
  if (status == 404) return Cause::not_found;
  if (status == 401 || status == 403) return Cause::not_allowed;
  if (status == 408) return Cause::unreachable;
  if (status == 429 || status >= 500) return Cause::registry_failed;
  return Cause::other;
}

Cause cause_of_failure(io::HttpFailure::Cause cause) {
  switch (cause) {
    case io::HttpFailure::Cause::unresolved:
    case io::HttpFailure::Cause::refused:
    case io::HttpFailure::Cause::timed_out:
    case io::HttpFailure::Cause::cut:
    case io::HttpFailure::Cause::proxy:
      return Cause::unreachable;
    case io::HttpFailure::Cause::certificate:
      return Cause::certificate;
    case io::HttpFailure::Cause::tls:
      return Cause::plain_http;
    case io::HttpFailure::Cause::protocol:
    case io::HttpFailure::Cause::too_large:
      return Cause::other;
  }
  return Cause::other;
}

/// What throw_cause() throws, worth retrying only if `retry` says so.
[[noreturn]] void throw_as(Cause cause, std::string_view text, const Step& step,
                           ExternalError::Retry retry) {
  try {
    throw_cause(cause, text, step);
  } catch (const ExternalError& error) {
    throw ExternalError{error.what(), retry};
  }
}

}  // namespace

std::string error_text(const io::HttpAnswer& answer) {
  const auto text = listed_errors(answer.body).value_or(answer.body.substr(0, kExplanationBytes));
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  const auto end = text.find_last_not_of(" \t\r\n");
  return one_line(without_queries(text.substr(begin, end - begin + 1)), kExplanationBytes);
}

std::chrono::seconds retry_after(const io::HttpAnswer& answer) {
  const auto text = answer.header("Retry-After");
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t kDay = 86400;
  if (failure == std::errc{} && end == text.data() + text.size()) {
    return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, kDay)};
  }
  const auto wait = until_date(text).value_or(std::chrono::seconds{0});
  return std::clamp(wait, std::chrono::seconds{0}, std::chrono::seconds{kDay});
}

void throw_status(const io::HttpAnswer& answer, std::string_view what, const Step& step) {
  using Retry = ExternalError::Retry;
  const auto explanation = error_text(answer);
  const auto text = fmt::format("{} answered {}{}{}", what, answer.status,
                                explanation.empty() ? "" : ": ", explanation);
  const auto cause = cause_of_status(answer.status);
  if (has_not_noticed(explanation)) throw_as(Cause::registry_failed, text, step, Retry::yes);
  // What the registry calls a wrong request stays wrong.
  if (cause == Cause::other) throw_as(cause, text, step, Retry::no);
  const auto wait = retry_after(answer);
  if (wait == std::chrono::seconds{0}) throw_cause(cause, text, step);
  try {
    throw_cause(cause, text, step);
  } catch (const ExternalError& error) {
    if (!error.worth_retrying()) throw;
    throw Postponed{error.what(), wait};
  }
}

void throw_connection_failure(const io::HttpFailure& failure, const Step& step) {
  const auto retry =
      failure.worth_retrying() ? ExternalError::Retry::yes : ExternalError::Retry::no;
  throw_as(cause_of_failure(failure.cause()), failure.what(), step, retry);
}

}  // namespace iib::image
