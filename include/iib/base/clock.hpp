#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace iib {

/// A moment in UTC with microseconds, the resolution of everything we store and show.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// Where "now" comes from. Injected, so that tests choose the time. Implementations are safe to
/// call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// The present moment. May jump back when the host's clock is set.
  [[nodiscard]] virtual Timestamp now() const = 0;
};

/// The host's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override;
};

/// `YYYY-MM-DDTHH:MM:SS.ffffffZ`, always with six digits (rest-api 1.6).
[[nodiscard]] std::string to_iso8601(Timestamp moment);

/// Reads what to_iso8601 writes; the fraction may be absent or shorter. Throws UserError naming the
/// text and the expected form.
[[nodiscard]] Timestamp parse_iso8601(std::string_view text);

}  // namespace iib
