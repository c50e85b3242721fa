#pragma once

#include "iib/store/store.hpp"
#include "web/http.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace iib::web {

/// Up to where a client has seen the events: the id that it was given last.
struct EventCursor {
  EventId event;
  /// Whether also that of the batch, which a change of a state may bring with it.
  bool with_batch = false;

  /// Reads what to_string wrote; nothing when it is something else.
  [[nodiscard]] static std::optional<EventCursor> parse(std::string_view text);
};

/// `123`, or `123.1` for the event of the batch that came with it: as numbers, they rise.
[[nodiscard]] std::string to_string(const EventCursor& cursor);

/// Changes of states as Server-Sent Events (HTML, "Server-sent events", 9.2), read from the store
/// only as fast as the client takes them. Used by one thread at a time.
class EventStream {
 public:
  /// How a stream is to be.
  struct Options {
    /// Only this request's, until its end; unset: all.
    std::optional<RequestId> of = {};
    /// From the next one on.
    EventCursor after = {};
    /// Whether the client has to be told where it begins.
    bool tell_begin = false;
    std::chrono::milliseconds keep_alive = {};
    std::chrono::steady_clock::time_point until = {};
  };

  /// `store` outlives it.
  EventStream(const store::Store& store, const Options& options);

  /// What comes next: at most `bytes` bytes.
  [[nodiscard]] LivePiece read(std::size_t bytes);

 private:
  void fetch();
  void take(const store::StateChange& change);
  [[nodiscard]] LivePiece nothing();

  const store::Store& store_;
  Options options_;
  std::string pending_;
  std::size_t sent_ = 0;
  bool over_ = false;
  std::chrono::steady_clock::time_point last_sent_ = std::chrono::steady_clock::now();
};

}  // namespace iib::web
