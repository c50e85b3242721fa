#include "web/access_log.hpp"

#include "web/http.hpp"
#include "web/target.hpp"

namespace iib::web {
namespace {

constexpr std::size_t kLongest = 256;

}  // namespace

AccessEntry begin_entry() {
  AccessEntry entry;
  entry.id = random_id();
  return entry;
}

std::string loggable(std::string_view text) {
  if (text.empty()) return "-";
  std::string result;
  for (const char character : text.substr(0, kLongest)) {
    if (character > ' ' && character <= '~') {
      result += character;
    } else {
      result += percent_encode({&character, 1});
    }
  }
  if (text.size() > kLongest) result += "...";
  return result;
}

std::string loggable_path(std::string_view target) {
  target = without_authority(target);
  // Another form is no path of ours, and may hold a password.
  if (!target.starts_with('/')) return "-";
  return loggable(target.substr(0, target.find('?')));
}

void log_access(const Log& log, const AccessEntry& entry, int status, std::uintmax_t bytes,
                bool whole) {
  const std::chrono::duration<double, std::milli> time =
      std::chrono::steady_clock::now() - entry.begin;
  log.event(whole ? "answered" : "broken off", {{"method", entry.method},
                                                {"path", entry.path},
                                                {"status", std::int64_t{status}},
                                                {"ms", time.count()},
                                                {"bytes", static_cast<std::int64_t>(bytes)},
                                                {"user", entry.user},
                                                {"request", entry.id}});
}

}  // namespace iib::web
