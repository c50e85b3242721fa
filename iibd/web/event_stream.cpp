#include "web/event_stream.hpp"

#include "iib/model/json_writer.hpp"

#include <fmt/format.h>

#include <charconv>

namespace iib::web {
namespace {

using Then = LivePiece::Then;

constexpr std::string_view kOfBatch = ".1";
constexpr std::size_t kChangesAtOnce = 100;
/// After how long a client that lost its connection comes back, in milliseconds.
constexpr int kRetry = 2000;

void write_of_both(model::JsonWriter& json, const store::StateChange& change,
                   model::RequestState state) {
  json.member("batch", change.batch.value());
  json.member("user", change.user);
  json.member("state", to_string(state));
  json.member("updated", to_iso8601(change.entry.updated));
}

std::string build_event(const store::StateChange& change) {
  model::JsonWriter json;
  json.begin_object();
  json.member("id", change.request.value());
  json.member("request_type", to_string(change.type));
  write_of_both(json, change, change.entry.state);
  json.member("state_reason", change.entry.reason);
  json.end_object();
  return fmt::format("id: {}\nevent: build-state\ndata: {}\n\n",
                     to_string(EventCursor{.event = change.entry.id}), json.text());
}

std::string batch_event(const store::StateChange& change) {
  model::JsonWriter json;
  json.begin_object();
  write_of_both(json, change, *change.batch_state);
  json.end_object();
  return fmt::format("id: {}\nevent: batch-state\ndata: {}\n\n",
                     to_string(EventCursor{.event = change.entry.id, .with_batch = true}),
                     json.text());
}

}  // namespace

std::optional<EventCursor> EventCursor::parse(std::string_view text) {
  EventCursor cursor;
  if (text.ends_with(kOfBatch)) {
    cursor.with_batch = true;
    text.remove_suffix(kOfBatch.size());
  }
  std::int64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || stop != end || text.front() == '-') return std::nullopt;
  cursor.event = EventId{number};
  return cursor;
}

std::string to_string(const EventCursor& cursor) {
  return fmt::format("{}{}", cursor.event.value(), cursor.with_batch ? kOfBatch : "");
}

EventStream::EventStream(const store::Store& store, const Options& options)
    : store_{store}, options_{options} {
  pending_ = fmt::format("retry: {}\n", kRetry);
  // Without data it is no event, but the client knows from where on to ask when it comes back.
  if (options_.tell_begin) pending_ += fmt::format("id: {}\n", to_string(options_.after));
  pending_ += '\n';
}

LivePiece EventStream::read(std::size_t bytes) {
  if (sent_ == pending_.size()) fetch();
  if (pending_.empty()) return nothing();
  LivePiece piece{.text = pending_.substr(sent_, bytes), .then = Then::more};
  sent_ += piece.text.size();
  last_sent_ = std::chrono::steady_clock::now();
  return piece;
}

void EventStream::fetch() {
  pending_.clear();
  sent_ = 0;
  if (std::chrono::steady_clock::now() >= options_.until) {
    over_ = true;
    return;
  }
  // The event of a batch may be missing yet of the last change that the client has seen.
  const auto& after = options_.after;
  const bool again = !options_.of && !after.with_batch && after.event.value() > 0;
  const EventId last{after.event.value() - (again ? 1 : 0)};
  for (const auto& change : store_.changes_after(last, kChangesAtOnce, options_.of)) take(change);
}

void EventStream::take(const store::StateChange& change) {
  auto& after = options_.after;
  if (change.entry.id > after.event) pending_ += build_event(change);
  if (!options_.of && change.batch_state) pending_ += batch_event(change);
  after = {.event = change.entry.id, .with_batch = true};
  if (options_.of && is_final(change.entry.state)) over_ = true;
}

LivePiece EventStream::nothing() {
  if (over_) return {.text = {}, .then = Then::end};
  const auto now = std::chrono::steady_clock::now();
  if (now - last_sent_ < options_.keep_alive) return {};
  last_sent_ = now;
  return {.text = ":\n\n", .then = Then::wait};
}

}  // namespace iib::web
