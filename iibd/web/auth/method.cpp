#include "web/auth/method.hpp"

#include <utility>

namespace iib::web {

Judgement judge_later(Workers& workers, std::function<Verdict()> work) {
  return BeginVerdict{[&workers, work = std::move(work)](const GiveVerdict& give) {
    workers.post([work, give](Workers::Turn turn) {
      Verdict verdict = Busy{};
      try {
        if (turn == Workers::Turn::now) verdict = work();
      } catch (...) {
        verdict = Broken{std::current_exception()};
      }
      give(std::move(verdict));
    });
  }};
}

std::optional<Credentials> credentials_of(const HttpRequest& head, std::string_view scheme) {
  const auto headers = head.header("Authorization");
  if (headers.size() != 1) return std::nullopt;  // two: the chain has refused that
  const auto blank = headers.front().find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const Credentials found{headers.front().substr(0, blank), headers.front().substr(blank + 1)};
  if (!equal_ignoring_case(found.scheme, scheme)) return std::nullopt;
  return found;
}

}  // namespace iib::web
