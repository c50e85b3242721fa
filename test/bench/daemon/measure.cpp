#include "measure.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace iib::bench {

double Sample::median() const {
  if (values_.empty()) return 0;
  auto sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const auto middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

std::string Sample::text(int digits) const {
  if (values_.empty()) return "nothing";
  const auto [lowest, highest] = std::minmax_element(values_.begin(), values_.end());
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", median(), digits, *lowest, digits, *highest,
                     digits);
}

double milliseconds_since(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since)
      .count();
}

double memory_of(pid_t process, std::string_view line) {
  constexpr double kKilobytesInMegabyte = 1024;
  std::ifstream status{fmt::format("/proc/{}/status", process)};
  for (std::string text; std::getline(status, text);) {
    if (text.starts_with(line))
      return std::stod(text.substr(line.size() + 1)) / kKilobytesInMegabyte;
  }
  throw std::runtime_error{"the daemon has ended"};
}

double processor_seconds_of(pid_t process) {
  constexpr double kNanosecondsInSecond = 1e9;
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    throw std::runtime_error{"the process has ended"};
  }
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) / kNanosecondsInSecond;
}

pid_t child_named(std::string_view name) {
  std::ifstream children{"/proc/thread-self/children"};
  for (pid_t child = 0; children >> child;) {
    std::ifstream file{fmt::format("/proc/{}/comm", child)};
    std::string comm;
    if (std::getline(file, comm) && comm == name) return child;
  }
  throw std::runtime_error{fmt::format("no process {} was started", name)};
}

std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error{"cannot run " + command};
  std::string output;
  std::array<char, 4096> piece{};
  while (const auto size = std::fread(piece.data(), 1, piece.size(), pipe)) {
    output.append(piece.data(), size);
  }
  if (::pclose(pipe) != 0) throw std::runtime_error{command + " failed: " + output};
  return output;
}

}  // namespace iib::bench
