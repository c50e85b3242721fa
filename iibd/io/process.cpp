#include "iib/io/process.hpp"

#include "iib/base/error.hpp"
#include "io/group_record.hpp"
#include "io/spawner.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <random>
#include <stop_token>
#include <system_error>
#include <utility>

namespace iib::io {
namespace {

using std::chrono::steady_clock;

/// A cancelled request's processes are to be gone within 2 s (rest-api 2), also those that do not
/// hear SIGTERM.
constexpr auto kGrace = std::chrono::seconds{1};

/// One of the two streams of a child: what is kept of it, and whether it is at its end.
class Capture {
 public:
  enum class Keep { head, tail };

  Capture(Descriptor source, std::size_t limit, Keep keep)
      : source_{std::move(source)}, limit_{limit}, keep_{keep} {}

  [[nodiscard]] int descriptor() const noexcept { return source_.get(); }
  [[nodiscard]] bool at_end() const noexcept { return !source_.is_open(); }
  [[nodiscard]] bool cut() const noexcept { return cut_; }

  /// Reads what is there; closes at the end of the stream.
  void drain() {
    constexpr int kReadsAtOnce = 64;  // so that a flood cannot keep us from seeing the deadline
    std::array<char, 64UL * 1024> buffer{};
    for (int reads = 0; reads < kReadsAtOnce && source_.is_open(); ++reads) {
      const ssize_t got = ::read(source_.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) {
        source_.close();
        return;
      }
      keep({buffer.data(), static_cast<std::size_t>(got)});
    }
  }

  [[nodiscard]] std::string take() {
    if (keep_ == Keep::tail && text_.size() > limit_) text_.erase(0, text_.size() - limit_);
    return std::move(text_);
  }

 private:
  void keep(std::string_view bytes) {
    if (keep_ == Keep::head) {
      const auto room = limit_ - std::min(limit_, text_.size());
      cut_ = cut_ || bytes.size() > room;
      text_.append(bytes.substr(0, room));
      return;
    }
    text_.append(bytes);
    if (text_.size() > 2 * limit_) text_.erase(0, text_.size() - limit_);
  }

  Descriptor source_;
  std::size_t limit_;
  Keep keep_;
  bool cut_ = false;
  std::string text_;
};

/// By number, because glibc 2.36 declares pidfd_open without extern "C".
int open_pidfd(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

/// A child that is not reaped yet, and its group. Killed and reaped on destruction: until then its
/// number cannot belong to anyone else.
class ProcessGroup {
 public:
  explicit ProcessGroup(pid_t leader) noexcept : leader_{leader}, exit_event_{open_pidfd(leader)} {}
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;
  ~ProcessGroup() {
    if (leader_ > 0) reap();
  }

  /// Becomes readable when the leader has ended; -1 if the kernel gave none.
  [[nodiscard]] int descriptor() const noexcept { return exit_event_.get(); }
  void signal(int number) const noexcept { ::kill(-leader_, number); }

  /// Kills what is left of the group and gives the leader's status as of waitpid.
  int reap() noexcept {
    signal(SIGKILL);
    int status = 0;
    while (::waitpid(leader_, &status, 0) < 0 && errno == EINTR) {
    }
    leader_ = 0;
    return status;
  }

 private:
  pid_t leader_;
  Descriptor exit_event_;
};

int poll_timeout(steady_clock::time_point until) {
  constexpr std::chrono::milliseconds kLongest{60'000};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds{0}, kLongest).count());
}

/// One running program: waits for its end, its limit, or the wish to stop.
class Run {
 public:
  Run(Child child, const Program& program, Cancellation cancellation)
      : program_{program},
        cancellation_{std::move(cancellation)},
        group_{child.pid},
        output_{std::move(child.output), program.output_bytes, Capture::Keep::head},
        errors_{std::move(child.error_output), program.output_bytes, Capture::Keep::tail},
        stop_event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (!stop_event_.is_open() || group_.descriptor() < 0) {
      throw ExternalError{
          fmt::format("{} cannot be watched: no descriptor is free; raise the limit of open files "
                      "of the service",
                      program.name),
          ExternalError::Retry::yes};
    }
  }

  Exit finish() {
    const std::stop_callback wake{cancellation_.stop(), [this] {
                                    const std::uint64_t one = 1;
                                    [[maybe_unused]] const auto written =
                                        ::write(stop_event_.get(), &one, sizeof one);
                                  }};
    const auto limit = std::min(cancellation_.deadline(), steady_clock::now() + program_.limit);
    while (!exited_) {
      if (cancellation_.stop().stop_requested() || steady_clock::now() >= limit) end_early();
      wait(limit);
    }
    // What the leader wrote is in the pipes by now; what descendants still hold is not waited for.
    output_.drain();
    errors_.drain();
    return result(group_.reap());
  }

 private:
  void wait(steady_clock::time_point until) {
    std::array<pollfd, 4> events{{{stop_event_.get(), POLLIN, 0},
                                  {group_.descriptor(), POLLIN, 0},
                                  {output_.descriptor(), POLLIN, 0},
                                  {errors_.descriptor(), POLLIN, 0}}};
    // A stop is heard once; afterwards its descriptor would stay readable.
    if (ending_) events[0].fd = -1;
    if (exited_) events[1].fd = -1;
    if (::poll(events.data(), events.size(), poll_timeout(until)) <= 0) return;
    output_.drain();
    errors_.drain();
    if (events[1].revents != 0) exited_ = true;
  }

  /// SIGTERM for the group, a while for it to end, then throws; the destructor kills the rest.
  [[noreturn]] void end_early() {
    ending_ = true;
    group_.signal(SIGTERM);
    const auto grace_end = steady_clock::now() + kGrace;
    const auto gone = [this] { return exited_ && output_.at_end() && errors_.at_end(); };
    while (!gone() && steady_clock::now() < grace_end) wait(grace_end);
    group_.reap();
    cancellation_.check(program_.name);
    throw ExternalError{fmt::format("{} did not end within {} s and was ended", program_.name,
                                    program_.limit.count()),
                        ExternalError::Retry::yes};
  }

  Exit result(int status) {
    Exit exit;
    exit.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    exit.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    exit.output_cut = output_.cut();
    exit.output = output_.take();
    exit.error_output = errors_.take();
    return exit;
  }

  const Program& program_;
  Cancellation cancellation_;
  ProcessGroup group_;
  Capture output_;
  Capture errors_;
  Descriptor stop_event_;
  bool exited_ = false;
  bool ending_ = false;
};

std::string make_mark() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

struct ProgramRunner::Impl {
  explicit Impl(std::filesystem::path directory)
      : record_dir{std::move(directory)}, mark{make_mark()}, spawner{mark} {}

  std::filesystem::path record_dir;
  std::string mark;
  Spawner spawner;
};

ProgramRunner::ProgramRunner(std::filesystem::path record_dir) {
  end_recorded_groups(record_dir);
  impl_ = std::make_unique<Impl>(std::move(record_dir));
}

ProgramRunner::~ProgramRunner() = default;

Exit ProgramRunner::run(const Program& program, const Cancellation& cancellation) {
  cancellation.check(program.name);
  Child child = impl_->spawner.start(program);
  const pid_t pid = child.pid;
  Run run{std::move(child), program, cancellation};
  const GroupRecord record{impl_->record_dir, pid, impl_->mark};
  return run.finish();
}

}  // namespace iib::io
