#include "io/spawner.hpp"

#include "iib/base/error.hpp"
#include "io/group_record.hpp"

// Boost's file system library would have to be linked for nothing else.
#define BOOST_PROCESS_USE_STD_FS 1
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>
#include <boost/process/start_dir.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace iib::io {
namespace {

namespace bp = boost::process;

[[noreturn]] void fail(const Program& program, const std::string& cause) {
  throw ExternalError{fmt::format("{} cannot be started: {}", program.name, cause),
                      ExternalError::Retry::no};
}

/// A host that is out of descriptors, processes or memory may have some again soon.
[[noreturn]] void fail(const Program& program, const std::error_code& code) {
  const bool exhausted =
      code == std::errc::too_many_files_open || code == std::errc::too_many_files_open_in_system ||
      code == std::errc::resource_unavailable_try_again || code == std::errc::not_enough_memory;
  if (!exhausted) fail(program, code.message());
  throw ExternalError{fmt::format("{} cannot be started: {}: raise the limits of the service (open "
                                  "files, processes, memory)",
                                  program.name, code.message()),
                      ExternalError::Retry::yes};
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

/// What Boost.Process has no words for. Runs in the child between fork and exec, where only
/// async-signal-safe calls are allowed.
class ChildSetup : public bp::extend::handler {
 public:
  explicit ChildSetup(pid_t daemon) noexcept : daemon_{daemon} {}

  template <class Executor>
  void on_exec_setup(Executor&) const {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != daemon_) ::_exit(EXIT_FAILURE);  // it died before the signal was asked for
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);  // an ignored signal stays ignored over exec
    // Not closed but marked, because Boost's error pipe must live until exec. Covers descriptors
    // that a library opened without O_CLOEXEC.
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  }

 private:
  pid_t daemon_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

/// Only our end is non-blocking: tools do not expect that of their standard output.
Pipe make_pipe(const Program& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(program, last_error());
  Pipe pipe{Descriptor{ends[0]}, Descriptor{ends[1]}};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pipe;
}

std::filesystem::path locate(const Program& program) {
  if (program.name.find('/') != std::string::npos) return program.name;
  auto found = find_program(program.name);
  if (found.empty()) {
    const char* path = std::getenv("PATH");
    fail(program, fmt::format("it is not on PATH ({}); install it, or add its directory to PATH",
                              path == nullptr ? "" : path));
  }
  return found;
}

bp::environment make_environment(const Program& program, const std::string& mark) {
  bp::environment environment = boost::this_process::environment();
  environment[kMarkVariable] = mark;
  for (const auto& [name, value] : program.environment) environment[name] = value;
  return environment;
}

Child spawn(const Program& program, const std::string& mark) {
  const auto executable = locate(program);
  const Descriptor nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (!nothing.is_open()) fail(program, last_error());
  Pipe output = make_pipe(program);
  Pipe errors = make_pipe(program);
  const std::filesystem::path directory =
      program.working_directory.empty() ? "." : program.working_directory;
  std::error_code error;
  bp::child child{bp::exe = executable.string(),
                  bp::args = program.arguments,
                  make_environment(program, mark),
                  bp::start_dir = directory.string(),
                  bp::posix::fd.bind(STDIN_FILENO, nothing.get()),
                  bp::posix::fd.bind(STDOUT_FILENO, output.write.get()),
                  bp::posix::fd.bind(STDERR_FILENO, errors.write.get()),
                  ChildSetup{::getpid()},
                  error};
  if (error) fail(program, error);
  const pid_t pid = child.id();
  child.detach();  // it is waited for by waitpid, not by Boost
  return Child{pid, std::move(output.read), std::move(errors.read)};
}

}  // namespace

std::filesystem::path find_program(const std::string& name) {
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const std::filesystem::path directory{rest.substr(0, colon)};
    rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
    if (!directory.is_absolute()) continue;  // never what happens to lie in the working directory
    auto candidate = directory / name;
    std::error_code error;
    if (std::filesystem::is_regular_file(candidate, error) &&
        ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return {};
}

Spawner::Spawner(std::string mark)
    : mark_{std::move(mark)}, thread_{[this](const std::stop_token& stop) { serve(stop); }} {}

Child Spawner::start(const Program& program) {
  Task task{[this, &program] { return spawn(program, mark_); }};
  auto started = task.get_future();
  {
    const std::scoped_lock lock{mutex_};
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
  return started.get();  // bounded by fork and exec
}

void Spawner::serve(const std::stop_token& stop) {
  for (;;) {
    Task task;
    {
      std::unique_lock lock{mutex_};
      if (!changed_.wait(lock, stop, [this] { return !tasks_.empty(); })) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace iib::io
