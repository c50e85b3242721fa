#include "iib/io/log_follower.hpp"
#include "web/handlers.hpp"
#include "web/ranges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

namespace iib::web {
namespace {

constexpr auto kLog = io::ArtifactKind::request_log;
constexpr std::size_t kBlockBytes = 64UL << 10U;
/// A tail is for looking at; who wants all leaves the parameter out.
constexpr std::uintmax_t kTailBytes = 4UL << 20U;
/// Looking is a stat() and a read of one row; programs of other hosts write to the files, too, and
/// could not tell us.
constexpr std::chrono::milliseconds kLook{200};

/// The number of lines asked for by `tail`, if it was asked for.
std::optional<std::int64_t> wanted_lines(const Target& target) {
  const auto text = target.parameter("tail");
  if (!text) return std::nullopt;
  std::int64_t lines = 0;
  const auto* const end = text->data() + text->size();
  const auto [stop, problem] = std::from_chars(text->data(), end, lines);
  if (text->empty() || problem != std::errc{} || stop != end || lines < 0) {
    throw Refusal{400, "parameter 'tail' must be a number of lines, 0 or more"};
  }
  return lines;
}

/// Where the last `lines` lines of the log begin.
std::uintmax_t tail_offset(const io::OpenArtifact& log, std::uintmax_t size, std::int64_t lines) {
  if (lines == 0) return size;
  std::uintmax_t begin = size;
  const auto floor = size > kTailBytes ? size - kTailBytes : 0;
  // The newline that ends the last line does not begin another one.
  std::int64_t newlines_left = lines + 1;
  bool at_end = true;
  while (begin > floor) {
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uintmax_t>(kBlockBytes, begin - floor));
    const auto block = log.read(begin - bytes, bytes);
    if (block.size() != bytes) break;  // cut meanwhile; show what there is
    if (at_end && block.back() != '\n') --newlines_left;
    at_end = false;
    for (std::size_t at = bytes; at > 0; --at) {
      if (block[at - 1] == '\n' && --newlines_left == 0) return begin - bytes + at;
    }
    begin -= bytes;
  }
  return begin;
}

HttpResponse text_response() {
  HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  return response;
}

/// The log from `offset` to `size`; what is appended meanwhile is for the next request.
HttpResponse send_log(std::shared_ptr<const io::OpenArtifact> log, std::uintmax_t offset,
                      std::uintmax_t size) {
  auto response = text_response();
  response.source =
      BodySource{.size = size - offset,
                 .read = [log = std::move(log), offset](std::uintmax_t at, std::size_t bytes) {
                   return log->read(offset + at, bytes);
                 }};
  return response;
}

/// What comes next of a log that is followed.
LivePiece read_on(const Services& services, RequestId id, io::LogFollower& log, std::size_t bytes) {
  using Then = LivePiece::Then;
  // Before reading: what was written until then is read.
  const auto request = services.store.find(id);
  const bool ended = !request || is_final(request->history.front().state);
  auto text = log.read(bytes);
  const auto then = !text.empty() ? Then::more : ended ? Then::end : Then::wait;
  return {.text = std::move(text), .then = then};
}

/// The log from `offset` on, as it grows, until the request ends.
HttpResponse follow_log(const Services& services, const Call& call,
                        std::shared_ptr<const io::OpenArtifact> log, std::uintmax_t offset) {
  auto place = enter(services, call);
  if (!place) {
    throw Refusal{503,
                  "as many logs and events are followed as may be at a time; '?tail=N' shows the "
                  "last N lines"};
  }
  auto follower =
      std::make_shared<io::LogFollower>(services.artifacts, call.id, std::move(log), offset);
  auto response = text_response();
  response.live =
      LiveSource{.read = [services, id = call.id, follower = std::move(follower)](
                             std::uintmax_t,
                             std::size_t bytes) { return read_on(services, id, *follower, bytes); },
                 .look = kLook,
                 .place = std::move(place)};
  return response;
}

[[noreturn]] void refuse_missing(const Services& services, const model::Request& request) {
  if (services.clock.now() > expiration(request, services.options.data_lifetime)) {
    throw Refusal{410,
                  fmt::format("the log of request {} has expired and is gone", request.id.value())};
  }
  throw Refusal{500, fmt::format("the log of request {} could not be found", request.id.value())};
}

}  // namespace

Answer show_logs(const Services& services, const Call& call) {
  const auto& artifacts = services.artifacts;
  if (!artifacts.configured(kLog)) throw NotFound{};
  const auto request = services.store.find(call.id);
  if (!request) throw NotFound{};
  const auto lines = wanted_lines(call.target);
  const bool unfinished = !is_final(request->history.front().state);
  const bool follow = call.target.parameter("follow") == "1";
  if (unfinished && !lines && !follow) {
    throw Refusal{400, fmt::format("request {} is not finished yet; '?tail=N' shows the last N "
                                   "lines of its log so far, '?follow=1' what comes, too",
                                   call.id.value())};
  }
  auto log = artifacts.open(kLog, call.id);
  const auto size = log ? log->size() : 0;
  const auto offset = log && lines ? tail_offset(*log, size, *lines) : 0;
  if (unfinished && follow) return follow_log(services, call, std::move(log), offset);
  if (log) return in_range(send_log(std::move(log), offset, size), call.request);
  if (unfinished) return text_response();
  refuse_missing(services, *request);
}

}  // namespace iib::web
