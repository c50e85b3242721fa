#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace iib {

/// An integer id that cannot be mistaken for an id of another kind. Ids start at 1.
template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::int64_t value) noexcept : value_{value} {}
  /// The number as stored and shown.
  [[nodiscard]] constexpr std::int64_t value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;

 private:
  std::int64_t value_ = 0;
};

/// A request, unique over all types (rest-api 4.1 `id`).
using RequestId = Id<struct RequestTag>;
/// A batch of requests (rest-api 8).
using BatchId = Id<struct BatchTag>;
/// A job: the work of one request in a queue.
using JobId = Id<struct JobTag>;
/// A change of state; rises over all requests, so it orders events (`request_state.id`).
using EventId = Id<struct EventTag>;

}  // namespace iib

/// Ids as keys of unordered containers.
template <class Tag>
struct std::hash<iib::Id<Tag>> {
  /// Hashes the number.
  std::size_t operator()(const iib::Id<Tag>& id) const noexcept {
    return std::hash<std::int64_t>{}(id.value());
  }
};
