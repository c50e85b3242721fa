#include "commands.hpp"

#include "eventually.hpp"
#include "iib/base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

extern char** environ;  // NOLINT(readability-identifier-naming): the name POSIX gives it

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostOutput = 4UL << 20U;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

pid_t spawn(std::vector<std::string> arguments, const Variables& variables,
            const std::filesystem::path& input, const std::filesystem::path& output) {
  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string variable{*each};
    if (!variables.contains(variable.substr(0, variable.find('=')))) {
      environment.push_back(variable);
    }
  }
  for (const auto& [name, value] : variables) {
    environment.push_back(fmt::format("{}={}", name, value));
  }
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, stream, output.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  }
  pid_t pid = -1;
  const int failure = posix_spawnp(&pid, arguments.front().c_str(), &actions, nullptr,
                                   pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error{"cannot start " + arguments.front()};
  return pid;
}

}  // namespace

Ended run(const std::vector<std::string>& arguments, const Variables& variables,
          const std::string& input) {
  const TempDir scratch{std::filesystem::temp_directory_path(), "iibd-run-"};
  const auto given = scratch.path() / "in";
  const auto output = scratch.path() / "out";
  std::ofstream{given} << input;
  std::ofstream{output} << "";
  const auto pid = spawn(arguments, variables, given, output);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .output = read_file(output, kMostOutput)};
}

std::string must_run(const std::vector<std::string>& arguments, const Variables& variables,
                     const std::string& input) {
  auto ended = run(arguments, variables, input);
  if (ended.status == 0) return std::move(ended.output);
  throw std::runtime_error{arguments.front() + " failed: " + ended.output};
}

Background::Background(const std::vector<std::string>& arguments, const Variables& variables,
                       const std::filesystem::path& output)
    : pid_{spawn(arguments, variables, "/dev/null", output)} {}

bool Background::runs() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

Background::~Background() {
  if (!runs()) return;
  ::kill(pid_, SIGTERM);
  if (eventually(5s, [&] { return !runs(); })) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace iib::test
