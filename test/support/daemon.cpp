#include "daemon.hpp"

#include "eventually.hpp"

#include <fcntl.h>
#include <httplib.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <charconv>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

extern char** environ;  // NOLINT(readability-identifier-naming): the name POSIX gives it

namespace iib::test {
namespace {

using namespace std::chrono_literals;

/// Longer than anything takes on a machine with much else to do.
constexpr auto kPatience = 60s;
constexpr std::string_view kListening = "listening on http";
constexpr std::string_view kHost = "://127.0.0.1:";

std::string contents(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string lower_case(std::string text) {
  for (auto& each : text) each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  return text;
}

Answer to_answer(const httplib::Result& result) {
  if (!result) throw std::runtime_error{"no answer: " + httplib::to_string(result.error())};
  Answer answer{.status = result->status, .body = result->body, .json = {}, .headers = {}};
  for (const auto& [name, value] : result->headers) answer.headers[lower_case(name)] = value;
  answer.json.Parse(answer.body.c_str(), answer.body.size());
  if (answer.json.HasParseError()) answer.json.SetNull();
  return answer;
}

httplib::Client client(int port) {
  httplib::Client http{"127.0.0.1", port};
  http.set_read_timeout(kPatience);
  return http;
}

}  // namespace

Daemon::Daemon(std::filesystem::path state, std::string configuration,
               std::map<std::string, std::string> environment)
    : state_{std::move(state)},
      log_file_{state_.string() + ".log"},
      config_file_{state_.string() + ".yaml"},
      environment_{std::move(environment)} {
  std::ofstream{config_file_} << "iib_listen: 127.0.0.1:0\n"
                              << "iib_state_dir: " << state_.string() << '\n'
                              << configuration;
}

Daemon::~Daemon() {
  if (pid_ > 0) kill();
}

void Daemon::launch() {
  log_seen_ = contents(log_file_).size();
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) variables.emplace_back(*each);
  for (const auto& [name, value] : environment_) {
    const auto beginning = name + "=";
    std::erase_if(variables, [&](const auto& old) { return old.starts_with(beginning); });
    variables.push_back(beginning + value);
  }
  std::vector<char*> environment;
  for (auto& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);

  std::string program = IIBD_BINARY;
  std::string serve = "serve";
  std::string option = "--config";
  std::string config = config_file_.string();
  const std::vector<char*> arguments{program.data(), serve.data(), option.data(), config.data(),
                                     nullptr};
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_file_.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int failure =
      posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error{"iibd cannot be started: " + program};
}

bool Daemon::reads_port() {
  const auto text = contents(log_file_).substr(log_seen_);
  const auto at = text.find(kListening);
  if (at == std::string::npos || text.find('\n', at) == std::string::npos) return false;
  const auto host = text.find(kHost, at);
  if (host == std::string::npos) return false;
  const char* digits = text.data() + host + kHost.size();
  std::from_chars(digits, text.data() + text.size(), port_);
  return true;
}

void Daemon::start() {
  launch();
  bool listens = false;
  eventually(kPatience, [&] { return (listens = reads_port()) || reap(WNOHANG) != -2; });
  if (!listens) throw std::runtime_error{"iibd does not listen; its log:\n" + log()};
}

int Daemon::reap(int flags) {
  int status = 0;
  if (::waitpid(pid_, &status, flags) != pid_) return -2;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Daemon::kill() {
  ::kill(pid_, SIGKILL);
  reap(0);
}

int Daemon::stop(std::chrono::seconds limit) {
  ::kill(pid_, SIGTERM);
  int status = -2;
  if (eventually(limit, [&] { return (status = reap(WNOHANG)) != -2; })) return status;
  kill();
  return -1;
}

int Daemon::wait_end(std::chrono::seconds limit) {
  int status = -2;
  if (eventually(limit, [&] { return (status = reap(WNOHANG)) != -2; })) return status;
  throw std::runtime_error{"iibd does not end; its log:\n" + log()};
}

int Daemon::run_to_end() {
  launch();
  int status = -2;
  if (eventually(kPatience, [&] { return (status = reap(WNOHANG)) != -2; })) return status;
  kill();
  throw std::runtime_error{"iibd did not end by itself; its log:\n" + log()};
}

Answer Daemon::get(const std::string& path) const {
  return to_answer(client(port_).Get(path));
}

Answer Daemon::post(const std::string& path, const std::string& body,
                    const std::string& user) const {
  httplib::Headers headers;
  if (!user.empty()) headers.emplace("X-Remote-User", user);
  return to_answer(client(port_).Post(path, headers, body, "application/json"));
}

Answer Daemon::post_with(const std::map<std::string, std::string>& headers, const std::string& path,
                         const std::string& body) const {
  const httplib::Headers all{headers.begin(), headers.end()};
  return to_answer(client(port_).Post(path, all, body, "application/json"));
}

Answer Daemon::patch(const std::string& path, const std::string& body) const {
  return to_answer(client(port_).Patch(path, body, "application/json"));
}

Answer Daemon::send(const std::string& method, const std::string& path) const {
  httplib::Request request;
  request.method = method;
  request.path = path;
  return to_answer(client(port_).send(request));
}

io::JsonDocument Daemon::wait_final(std::int64_t request, std::chrono::seconds limit) const {
  Answer answer;
  const auto path = "/api/v1/builds/" + std::to_string(request);
  const bool ended = eventually(limit, [&] {
    answer = get(path);
    return answer.status == 200 &&
           std::string_view{answer.json["state"].GetString()} != "in_progress";
  });
  if (!ended) {
    throw std::runtime_error{"request " + std::to_string(request) +
                             " does not end: " + answer.body + "\nlog:\n" + log()};
  }
  return std::move(answer.json);
}

std::string Daemon::log() const {
  return contents(log_file_);
}

}  // namespace iib::test
