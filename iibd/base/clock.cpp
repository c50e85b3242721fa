#include "iib/base/clock.hpp"

#include "iib/base/error.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>

namespace iib {
namespace {

constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";

bool has_shape(std::string_view text) {
  if (text.size() < kShape.size() + 1 || text.back() != 'Z') return false;
  for (std::size_t at = 0; at < kShape.size(); ++at) {
    const bool digit = text[at] >= '0' && text[at] <= '9';
    if (kShape[at] == 'd' ? !digit : text[at] != kShape[at]) return false;
  }
  return true;
}

int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

/// Microseconds in `.ffffff` of one to six digits; -1 when it is something else.
int fraction_microseconds(std::string_view fraction) {
  if (fraction.empty()) return 0;
  if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > 7) return -1;
  std::string digits{fraction.substr(1)};
  if (digits.find_first_not_of("0123456789") != std::string::npos) return -1;
  digits.resize(6, '0');
  return number(digits);
}

}  // namespace

Timestamp SystemClock::now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string to_iso8601(Timestamp moment) {
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{moment - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

Timestamp parse_iso8601(std::string_view text) {
  const auto refuse = [&]() -> UserError {
    return UserError{fmt::format("'{}' is no time: it must look like 2031-05-04T10:11:12.131415Z",
                                 text.substr(0, 64))};
  };
  if (!has_shape(text)) throw refuse();
  const std::chrono::year_month_day date{
      std::chrono::year{number(text.substr(0, 4))},
      std::chrono::month(static_cast<unsigned>(number(text.substr(5, 2)))),
      std::chrono::day(static_cast<unsigned>(number(text.substr(8, 2))))};
  const int hour = number(text.substr(11, 2));
  const int minute = number(text.substr(14, 2));
  const int second = number(text.substr(17, 2));
  const int micro = fraction_microseconds(text.substr(19, text.size() - 20));
  if (!date.ok() || hour > 23 || minute > 59 || second > 59 || micro < 0) throw refuse();
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + std::chrono::microseconds{micro};
}

}  // namespace iib
