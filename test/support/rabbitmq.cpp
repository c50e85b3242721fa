#include "rabbitmq.hpp"

#include "eventually.hpp"
#include "free_port.hpp"
#include "loopback.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>

extern char** environ;  // NOLINT(readability-identifier-naming): the name POSIX gives it

namespace iib::test {
namespace {

using namespace std::chrono_literals;

// Debian's command of that name changes the user first; this is what it calls then.
constexpr auto kServer = "/usr/lib/rabbitmq/bin/rabbitmq-server";
constexpr auto kEpmd = "/usr/bin/epmd";
// Seconds on a machine of its own; among many builds it took two minutes.
constexpr auto kStart = 300s;

/// In a process group of its own, so that all of it can be ended.
pid_t spawn(std::vector<std::string> arguments, std::vector<std::string> environment,
            const std::filesystem::path& output) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<char*> variables;
  for (auto& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int failure =
      posix_spawn(&pid, argv.front(), &actions, &attributes, argv.data(), variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error{arguments.front() + " cannot be started"};
  return pid;
}

void end_group(pid_t& leader) {
  if (leader <= 0) return;
  ::kill(-leader, SIGKILL);
  ::waitpid(leader, nullptr, 0);
  leader = -1;
}

}  // namespace

bool RabbitMq::installed() {
  std::error_code ignored;
  return std::filesystem::exists(kServer, ignored) && std::filesystem::exists(kEpmd, ignored);
}

RabbitMq::RabbitMq(std::optional<RabbitTls> tls)
    : directory_{std::filesystem::temp_directory_path(), "rabbitmq-"},
      port_{free_port()},
      tls_port_{tls ? free_port() : 0},
      epmd_port_{free_port()},
      distribution_port_{free_port()} {
  write_files(tls);
  spawn_epmd();
  try {
    start();
  } catch (...) {
    end_group(broker_);
    end_group(epmd_);
    throw;
  }
}

RabbitMq::~RabbitMq() {
  end_group(broker_);
  end_group(epmd_);
}

void RabbitMq::write_files(const std::optional<RabbitTls>& tls) const {
  const auto& path = directory_.path();
  for (const auto* folder : {"home", "mnesia", "log"}) {
    std::filesystem::create_directory(path / folder);
  }
  std::ofstream{path / "enabled_plugins"} << "[rabbitmq_amqp1_0].\n";
  std::ofstream config{path / "rabbitmq.conf"};
  config << fmt::format("listeners.tcp.1 = 127.0.0.1:{}\nlog.file.level = info\n", port_);
  if (!tls) return;
  config << fmt::format(
      "listeners.ssl.1 = 127.0.0.1:{}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n"
      "ssl_options.cacertfile = {}\nssl_options.verify = verify_peer\n"
      "ssl_options.fail_if_no_peer_cert = true\n",
      tls_port_, tls->certificate.string(), tls->key.string(), tls->authorities.string());
}

/// Without it the broker would start one that outlives the test.
void RabbitMq::spawn_epmd() {
  epmd_ = spawn({kEpmd, "-address", "127.0.0.1", "-port", std::to_string(epmd_port_)},
                environment(), directory_.path() / "epmd.log");
  if (!eventually(60s, [&] { return accepts(epmd_port_); })) {
    end_group(epmd_);
    throw std::runtime_error{"epmd does not answer"};
  }
}

std::vector<std::string> RabbitMq::environment() const {
  const auto in = [&](std::string_view name) { return (directory_.path() / name).string(); };
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable{*each};
    if (variable.starts_with("RABBITMQ_") || variable.starts_with("ERL_") ||
        variable.starts_with("HOME=")) {
      continue;
    }
    variables.emplace_back(variable);
  }
  for (auto& variable : std::vector<std::string>{
           "HOME=" + in("home"), fmt::format("ERL_EPMD_PORT={}", epmd_port_),
           "ERL_EPMD_ADDRESS=127.0.0.1", fmt::format("RABBITMQ_NODENAME=iib{}@localhost", port_),
           fmt::format("RABBITMQ_DIST_PORT={}", distribution_port_),
           "RABBITMQ_CONF_ENV_FILE=/dev/null", "RABBITMQ_CONFIG_FILE=" + in("rabbitmq.conf"),
           "RABBITMQ_ENABLED_PLUGINS_FILE=" + in("enabled_plugins"),
           "RABBITMQ_MNESIA_BASE=" + in("mnesia"), "RABBITMQ_LOG_BASE=" + in("log"),
           "RABBITMQ_PID_FILE=" + in("pid"),
           "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}"}) {
    variables.push_back(std::move(variable));
  }
  return variables;
}

void RabbitMq::kill() {
  end_group(broker_);
  // The leader is a shell: what it has started may live a moment longer.
  if (!eventually(60s, [&] { return !accepts(port_); })) {
    throw std::runtime_error{"RabbitMQ does not die"};
  }
}

void RabbitMq::start() {
  broker_ = spawn({kServer}, environment(), directory_.path() / "log" / "output");
  const bool answers =
      eventually(kStart, [&] { return accepts(port_) && (tls_port_ == 0 || accepts(tls_port_)); });
  if (!answers) throw std::runtime_error{"RabbitMQ does not answer; its output:\n" + log()};
}

std::string RabbitMq::log() const {
  std::ifstream file{directory_.path() / "log" / "output"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string RabbitMq::url() const {
  return fmt::format("amqp://guest:guest@localhost:{}", port_);
}

std::string RabbitMq::tls_url() const {
  return fmt::format("amqps://guest:guest@localhost:{}", tls_port_);
}

}  // namespace iib::test
