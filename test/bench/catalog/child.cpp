#include "child.hpp"

#include "measure.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

namespace iib::bench {
namespace {

double processor_milliseconds(const rusage& usage) {
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double processor_milliseconds(int whose) {
  rusage usage{};
  ::getrusage(whose, &usage);
  return processor_milliseconds(usage);
}

Cost measured(const std::function<void()>& work) {
  const auto processor = processor_milliseconds(RUSAGE_SELF);
  const auto start = std::chrono::steady_clock::now();
  work();
  return {.milliseconds = milliseconds_since(start),
          .processor_milliseconds = processor_milliseconds(RUSAGE_SELF) - processor,
          .peak_mib = memory_of(::getpid(), "VmHWM")};
}

[[noreturn]] void run_child(int result, const std::function<void()>& work) {
  int status = EXIT_SUCCESS;
  try {
    const auto cost = measured(work);
    if (::write(result, &cost, sizeof cost) != sizeof cost) status = EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    status = EXIT_FAILURE;
  }
  ::_exit(status);
}

[[noreturn]] void run_program(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  // execvp() takes pointers to what it does not change.
  for (const auto& each : arguments) pointers.push_back(const_cast<char*>(each.c_str()));
  pointers.push_back(nullptr);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::execvp(pointers.front(), pointers.data());
  ::_exit(EXIT_FAILURE);
}

}  // namespace

double processor_milliseconds_of_children() {
  return processor_milliseconds(RUSAGE_CHILDREN);
}

void sync_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || ::fsync(file) != 0) throw std::runtime_error{path.string() + " cannot be synced"};
  ::close(file);
}

Cost cost_of(const std::function<void()>& work) {
  std::array<int, 2> result{};
  if (::pipe(result.data()) != 0) throw std::runtime_error{"no pipe"};
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child < 0) throw std::runtime_error{"no child process"};
  if (child == 0) run_child(result[1], work);
  ::close(result[1]);
  Cost cost;
  const bool told = ::read(result[0], &cost, sizeof cost) == sizeof cost;
  ::close(result[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!told || status != 0) throw std::runtime_error{"the measured call failed"};
  return cost;
}

Cost cost_of_program(const std::vector<std::string>& arguments) {
  constexpr double kKibibytesInMebibyte = 1024;
  const auto start = std::chrono::steady_clock::now();
  const auto child = ::fork();
  if (child < 0) throw std::runtime_error{"no child process"};
  if (child == 0) run_program(arguments);
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  if (status != 0) throw std::runtime_error{arguments.front() + " failed"};
  return {.milliseconds = milliseconds_since(start),
          .processor_milliseconds = processor_milliseconds(usage),
          .peak_mib = static_cast<double>(usage.ru_maxrss) / kKibibytesInMebibyte};
}

}  // namespace iib::bench
