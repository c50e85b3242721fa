#include "cli/password_prompt.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <utility>

namespace iib::cli {
namespace {

constexpr std::size_t kLeastBytes = 8;
constexpr std::size_t kMostBytes = 1024;

/// While it lives, the terminal does not show what is typed.
class Silence {
 public:
  Silence() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool changed_ = false;
};

Secret read_line() {
  std::string line;
  std::getline(std::cin, line);
  if (line.ends_with('\r')) line.pop_back();
  return Secret{std::move(line)};
}

void check_length(const Secret& password) {
  const auto size = password.reveal().size();
  if (size >= kLeastBytes && size <= kMostBytes) return;
  throw UserError{fmt::format("the password must have {} to {} bytes; nothing was changed",
                              kLeastBytes, kMostBytes)};
}

}  // namespace

Secret read_new_password(const std::string& name) {
  if (::isatty(STDIN_FILENO) == 0) {
    auto password = read_line();
    check_length(password);
    return password;
  }
  const Silence silence;
  std::cerr << "New password for " << name << ": " << std::flush;
  auto password = read_line();
  check_length(password);
  std::cerr << "Again: " << std::flush;
  const auto again = read_line();
  if (again.reveal() != password.reveal()) {
    throw UserError{"the two passwords differ; nothing was changed"};
  }
  return password;
}

}  // namespace iib::cli
