#include "image/tool_failure.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "iib/base/urls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <initializer_list>
#include <utility>

namespace iib::image {
namespace {

constexpr std::size_t kCauseBytes = 600;
/// What a tool said last decides; a flood before it need not be read.
constexpr std::size_t kExaminedBytes = 64UL << 10U;

std::string_view end_of(std::string_view text) {
  return text.substr(text.size() - std::min(text.size(), kExaminedBytes));
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char character) {
    return static_cast<char>(std::tolower(character));
  });
  return result;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
    return text.find(phrase) != std::string_view::npos;
  });
}

/// The value of `msg="..."` in a line of the tools' log form, unescaped.
std::string log_message(std::string_view line) {
  constexpr std::string_view kBegin = "msg=\"";
  const auto begin = line.find(kBegin);
  if (!line.starts_with("time=\"") || begin == std::string_view::npos) return std::string{line};
  std::string message;
  for (auto at = begin + kBegin.size(); at < line.size() && line[at] != '"'; ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) ++at;
    message.push_back(line[at]);
  }
  return message;
}

std::string_view last_line(std::string_view text) {
  const auto end = text.find_last_not_of("\r\n \t");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const auto begin = text.rfind('\n');
  return begin == std::string_view::npos ? text : text.substr(begin + 1);
}

std::string remedy_of(Cause cause, const Step& step) {
  switch (cause) {
    case Cause::not_found:
      return "check that it exists and is spelled right";
    case Cause::not_allowed:
      return fmt::format(
          "check the credentials for {} in iib_docker_config_template, or those "
          "given with the request",
          step.registry);
    case Cause::malformed_name:
      return "correct its name";
    case Cause::plain_http:
    case Cause::certificate:
      return fmt::format(
          "if {} has no trusted certificate on purpose, name it in "
          "iib_insecure_registries",
          step.registry);
    case Cause::disk_full:
      return "free space below iib_state_dir";
    case Cause::unreachable:
      return fmt::format(
          "check that {} can be reached from the host of iibd and answers in time, then submit the "
          "request again",
          step.registry);
    case Cause::registry_failed:
      return fmt::format("the trouble is inside {}: look there, then submit the request again",
                         step.registry);
    case Cause::other:
      return "the log of the request tells more";
  }
  return {};
}

std::string sentence(const Step& step, std::string_view cause, std::string_view remedy) {
  return fmt::format("{} cannot be {}: {}{}{}", step.subject, step.action, cause,
                     remedy.empty() ? "" : "; ", remedy);
}

}  // namespace

// What skopeo 1.9, buildah 1.28 and registries write, in lower case. The order matters: a refusal
// may speak of a manifest, too.
Cause cause_of(std::string_view error_output) {
  const auto text = lower(end_of(error_output));
  if (contains_any(text, {"no space left on device"})) return Cause::disk_full;
  if (contains_any(text, {"invalid reference format", "invalid image name",
                          "repository name must be lowercase"})) {
    return Cause::malformed_name;
  }
  if (contains_any(text, {"server gave http response to https client"})) return Cause::plain_http;
  if (contains_any(text, {"x509:", "tls: ", "certificate"})) return Cause::certificate;
  if (contains_any(text,
                   {"unauthorized", "authentication required", "denied:", "is denied", "forbidden",
                    "invalid username/password", "status: 401", "status: 403", "statuscode: 401",
                    "statuscode: 403", "status code 401", "status code 403"})) {
    return Cause::not_allowed;
  }
  // docker-registry empties the file that names a blob before it writes it anew: while another
  // request pushes an equal one, a blob that was just pushed may be missing for a moment.
  if (contains_any(text, {"manifest blob unknown"})) return Cause::registry_failed;
  if (contains_any(text,
                   {"manifest unknown", "name unknown", "repository name not known", "blob unknown",
                    "404 not found", "status: 404", "statuscode: 404", "status code 404"})) {
    return Cause::not_found;
  }
  if (contains_any(text, {"toomanyrequests", "too many requests", "status: 429", "statuscode: 429",
                          "status: 5", "statuscode: 5", "status code 5"})) {
    return Cause::registry_failed;
  }
  if (contains_any(
          text, {"connection refused", "connection reset", "no such host", "no route to host",
                 "network is unreachable", "i/o timeout", "handshake timeout", "deadline exceeded",
                 "broken pipe", ": eof", "unexpected eof"})) {
    return Cause::unreachable;
  }
  return Cause::other;
}

std::string cause_text(std::string_view error_output) {
  auto text = log_message(last_line(end_of(error_output)));
  constexpr std::string_view kError = "Error: ";
  if (text.starts_with(kError)) text.erase(0, kError.size());
  // skopeo says so whatever failed; the rest of the line has the cause.
  constexpr std::string_view kMisleading = "Error parsing image name \"";
  if (text.starts_with(kMisleading)) {
    const auto end = text.find("\": ", kMisleading.size());
    if (end != std::string::npos) text.erase(0, end + std::strlen("\": "));
  }
  // The storage is ours: where it lies is nothing for users.
  constexpr std::string_view kStorage = "containers-storage:[";
  for (auto at = text.find(kStorage); at != std::string::npos; at = text.find(kStorage, at + 1)) {
    const auto end = text.find(']', at);
    if (end == std::string::npos) break;
    text.erase(at + kStorage.size() - 1, end + 1 - (at + kStorage.size() - 1));
  }
  // An answer without a text leaves the comma before it.
  text.erase(text.find_last_not_of(", ") + 1);
  return one_line(without_queries(text), kCauseBytes);
}

Step making(std::string subject, std::string action, const model::ImageReference& destination) {
  return {.subject = std::move(subject),
          .action = std::move(action),
          .registry = destination.registry(),
          .named_by_user = false};
}

void throw_cause(Cause cause, std::string_view text, const Step& step) {
  using Retry = ExternalError::Retry;
  const auto message = sentence(step, text, remedy_of(cause, step));
  switch (cause) {
    case Cause::not_found:
    case Cause::malformed_name:
      if (step.named_by_user) throw UserError{message};
      throw ExternalError{message, Retry::no};
    case Cause::not_allowed:
    case Cause::plain_http:
    case Cause::certificate:
    case Cause::disk_full:
      throw ExternalError{message, Retry::no};
    case Cause::unreachable:
    case Cause::registry_failed:
    case Cause::other:
      throw ExternalError{message, Retry::yes};
  }
  throw ExternalError{message, Retry::yes};
}

void throw_failure(std::string_view tool, const io::Exit& exit, const Step& step) {
  if (exit.signal != 0) {
    throw ExternalError{sentence(step,
                                 fmt::format("{} was ended by signal {} ({})", tool, exit.signal,
                                             ::strsignal(exit.signal)),
                                 "check the memory of this host"),
                        ExternalError::Retry::yes};
  }
  auto text = cause_text(exit.error_output);
  if (text.empty()) text = fmt::format("{} ended with status {}", tool, exit.status);
  throw_cause(cause_of(exit.error_output), text, step);
}

}  // namespace iib::image
