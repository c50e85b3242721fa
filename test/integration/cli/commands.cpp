#include "commands.hpp"

#include "eventually.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <utility>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

fs::path made(const fs::path& path) {
  fs::create_directories(path);
  return path;
}

std::string own_path() {
  const char* path = std::getenv("PATH");
  return path == nullptr ? "" : path;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Commands::Commands(std::string group)
    : group_{std::move(group)},
      directory_{fs::temp_directory_path(), "cli-"},
      home_{fs::temp_directory_path(), "cli-home-"},
      variables_{{"HOME", home_.path()},
                 {"TMPDIR", made(home_.path() / "tmp")},
                 {"XDG_RUNTIME_DIR", home_.path()},
                 {"XDG_CONFIG_HOME", home_.path()},
                 {"DOCKER_CONFIG", home_.path()},
                 {"REGISTRY_AUTH_FILE", ""},
                 {"PATH", own_path()}},
      runner_{made(home_.path() / "programs")} {}

std::vector<std::string> Commands::files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{directory()}) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Ended Commands::run(const Arguments& arguments, const Variables& variables) {
  auto all = variables;
  all.insert(variables_.begin(), variables_.end());
  auto exit = runner_.run({.name = IIBD_BINARY,
                           .arguments = with_group(arguments),
                           .environment = all,
                           .working_directory = directory()},
                          {});
  return {.status = exit.status,
          .output = std::move(exit.output),
          .errors = std::move(exit.error_output)};
}

Arguments Commands::with_group(const Arguments& arguments) const {
  Arguments all{group_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

RunningCommand::RunningCommand(const Commands& commands, const Arguments& arguments)
    : directory_{fs::temp_directory_path(), "cli-running-"} {
  std::vector<std::string> words{IIBD_BINARY};
  for (const auto& argument : commands.with_group(arguments)) words.push_back(argument);
  std::vector<std::string> environment;
  for (const auto& [name, value] : commands.variables()) {
    environment.push_back(fmt::format("{}={}", name, value));
  }
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  int stream = STDOUT_FILENO;
  for (const auto* name : {"output", "errors"}) {
    posix_spawn_file_actions_addopen(&actions, stream++, (directory_.path() / name).c_str(),
                                     O_WRONLY | O_CREAT, 0600);
  }
  // Under nohup, or in the background of a script, some of these are ignored, and iibd leaves that
  // so.
  sigset_t heard{};
  ::sigemptyset(&heard);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&heard, number);
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &heard);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int failure = ::posix_spawn(&pid_, IIBD_BINARY, &actions, &attributes,
                                    pointers(words).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error{"iibd cannot be started"};
}

RunningCommand::~RunningCommand() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void RunningCommand::signal(int number) const {
  ::kill(pid_, number);
}

Ended RunningCommand::wait(std::chrono::seconds limit) {
  int status = 0;
  if (!eventually(limit, [&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) {
    throw std::runtime_error{"iibd does not end: " + errors()};
  }
  pid_ = -1;
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .output = read_file(directory_.path() / "output", 1U << 20U),
          .errors = errors()};
}

std::string RunningCommand::errors() const {
  return read_file(directory_.path() / "errors", 1U << 20U);
}

SilentRegistry::SilentRegistry()
    : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), name, size) != 0 || ::listen(listener_.get(), 1) != 0 ||
      ::getsockname(listener_.get(), name, &size) != 0) {
    throw std::runtime_error{"no port of loopback can be taken"};
  }
  port_ = ntohs(address.sin_port);
}

std::string SilentRegistry::image() const {
  return fmt::format("127.0.0.1:{}/a/b:1", port_);
}

bool SilentRegistry::waited_for() {
  if (!client_.is_open()) {
    client_ = Descriptor{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  }
  return client_.is_open();
}

void SilentRegistry::end() {
  listener_ = Descriptor{};
  client_ = Descriptor{};
}

std::string pull_spec_of(const std::string& name) {
  auto text = "registry.example.com/samples/" + name;
  text[text.rfind('/')] = ':';
  return text;
}

fs::path directory_of(const std::string& name) {
  return fs::path{IIBD_SOURCE_ROOT} / "test" / "data" / name;
}

std::string sample(const std::string& name) {
  return directory_of(name).string() + "=" + pull_spec_of(name);
}

std::vector<std::string> query(const fs::path& database, const std::string& sql) {
  const SQLite::Database opened{database.string()};
  SQLite::Statement statement{opened, sql};
  std::vector<std::string> texts;
  while (statement.executeStep()) texts.push_back(statement.getColumn(0).getString());
  return texts;
}

std::vector<std::string> bundles_in(const fs::path& database) {
  return query(database, "SELECT name FROM operatorbundle ORDER BY name");
}

std::vector<std::string> error_kinds(const Ended& ended) {
  const auto answer = ended.json();
  std::vector<std::string> kinds;
  for (const auto& problem : answer["problems"].GetArray()) {
    kinds.emplace_back(problem["error_kind"].GetString());
  }
  return kinds;
}

}  // namespace iib::test
