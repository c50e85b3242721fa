#include "cli/console.hpp"

#include "cli/own_words.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <exception>
#include <iostream>

namespace iib::cli {
namespace {

constexpr std::size_t kLongestWarning = 4000;

std::size_t columns() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kUsual;
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "note";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "";
}

}  // namespace

Console::Console() : terminal_{::isatty(STDERR_FILENO) == 1} {}

Console::~Console() {
  clear();
}

void Console::write(LogLevel level, std::string_view, std::string_view message) noexcept {
  try {
    const auto line = fmt::format("{}: {}\n", name_of(level),
                                  one_line(in_own_words(std::string{message}), kLongestWarning));
    const std::scoped_lock lock{mutex_};
    erase();
    std::cerr << line;
  } catch (const std::exception&) {
    // Out of memory: the work itself will say so.
  }
}

void Console::progress(std::string_view step) {
  if (!terminal_) return;
  const auto line = one_line(step).substr(0, columns() - 1);
  const std::scoped_lock lock{mutex_};
  erase();
  std::cerr << line << std::flush;
  shown_ = true;
}

void Console::clear() {
  const std::scoped_lock lock{mutex_};
  erase();
}

void Console::erase() {
  if (!shown_) return;
  std::cerr << "\r\x1b[K" << std::flush;
  shown_ = false;
}

}  // namespace iib::cli
