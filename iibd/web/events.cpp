#include "web/event_stream.hpp"
#include "web/handlers.hpp"

#include <fmt/format.h>

namespace iib::web {
namespace {

constexpr std::size_t kShownLength = 100;

/// What a client that comes back says that it has seen. The header is newer than the parameter: an
/// EventSource asks for the same target each time.
std::optional<std::string_view> last_event_id(const Call& call) {
  const auto headers = call.request.header("Last-Event-ID");
  if (headers.size() > 1) throw Refusal{400, "there must be one Last-Event-ID header at most"};
  if (!headers.empty()) return headers.front();
  return call.target.parameter("last_event_id");
}

/// Where to go on; nothing for a client that begins.
std::optional<EventCursor> cursor_of(const Services& services, const Call& call) {
  const auto text = last_event_id(call);
  if (!text) return std::nullopt;
  const auto cursor = EventCursor::parse(*text);
  if (!cursor) {
    throw Refusal{400, fmt::format("Last-Event-ID and 'last_event_id' must be the id of an event "
                                   "of this server, or 0 for all that there were, not '{}'",
                                   text->substr(0, kShownLength))};
  }
  const auto newest = services.store.latest_event();
  if (cursor->event > newest) {
    // The database is another one, or an older copy of it: going on would hide what was lost.
    throw Refusal{400, fmt::format("the event {} of Last-Event-ID has not been yet, the newest is "
                                   "{}; leave the id out to begin anew",
                                   to_string(*cursor), newest.value())};
  }
  return cursor;
}

HttpResponse stream(const Services& services, const Call& call, EventStream::Options options) {
  auto place = enter(services, call);
  if (!place) {
    throw Refusal{503,
                  "as many logs and events are followed as may be at a time; come back later with "
                  "the last event's id, nothing is lost"};
  }
  const auto& limits = services.options.limits;
  options.keep_alive = limits.keep_alive;
  options.until = std::chrono::steady_clock::now() + limits.follow;
  const auto events = std::make_shared<EventStream>(services.store, options);
  HttpResponse response;
  response.content_type = "text/event-stream";
  // The second one keeps nginx from holding events back.
  response.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
  response.live = LiveSource{
      .read = [events](std::uintmax_t, std::size_t bytes) { return events->read(bytes); },
      .look = limits.keep_alive,
      .follows_states = true,
      .place = std::move(place)};
  return response;
}

/// Tells an EventSource not to come back.
HttpResponse no_more() {
  HttpResponse response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

}  // namespace

Answer follow_events(const Services& services, const Call& call) {
  const auto cursor = cursor_of(services, call);
  if (cursor) return stream(services, call, {.after = *cursor});
  return stream(
      services, call,
      {.after = {.event = services.store.latest_event(), .with_batch = true}, .tell_begin = true});
}

Answer follow_build_events(const Services& services, const Call& call) {
  const auto request = services.store.find(call.id);
  if (!request) throw NotFound{};
  const auto cursor = cursor_of(services, call);
  const auto& newest = request->history.front();
  if (cursor && is_final(newest.state) && cursor->event >= newest.id) return no_more();
  return stream(services, call, {.of = call.id, .after = cursor.value_or(EventCursor{})});
}

}  // namespace iib::web
