#pragma once

#include "iib/io/json.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::test {

/// An answer of the REST API.
struct Answer {
  int status = 0;
  std::string body;
  /// The body parsed; null when it is no JSON.
  io::JsonDocument json;
  /// By name in lower case.
  std::map<std::string, std::string> headers;
};

/// The real iibd in a process of its own, killed on destruction.
class Daemon {
 public:
  /// `configuration`: YAML lines besides those that place the state and the listener. The state
  /// directory survives this object.
  Daemon(std::filesystem::path state, std::string configuration,
         std::map<std::string, std::string> environment = {});
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// Its log is `file` from the next start on, and not one beside the state: for a state on a disk
  /// that is to be full.
  void log_to(std::filesystem::path file) { log_file_ = std::move(file); }
  /// Starts it and waits until it listens. Throws with its log when it ends instead, or does not
  /// listen within a minute.
  void start();
  /// SIGKILL, as the kernel would do it.
  void kill();
  /// SIGTERM; gives the exit status, -1 when it had to be killed after `limit`.
  int stop(std::chrono::seconds limit = std::chrono::seconds{60});
  /// Waits until it ends by itself or a signal of the test's; gives the exit status, -1 when a
  /// signal ended it. Throws after `limit`.
  int wait_end(std::chrono::seconds limit);
  /// Runs it to its end without waiting for it to listen; gives the exit status.
  int run_to_end();

  [[nodiscard]] Answer get(const std::string& path) const;
  /// As `user`, whom a trusted front-end would name; empty: nobody.
  [[nodiscard]] Answer post(const std::string& path, const std::string& body,
                            const std::string& user = {}) const;
  /// With headers of one's own.
  [[nodiscard]] Answer post_with(const std::map<std::string, std::string>& headers,
                                 const std::string& path, const std::string& body) const;
  [[nodiscard]] Answer patch(const std::string& path, const std::string& body) const;
  /// Any method, without a body.
  [[nodiscard]] Answer send(const std::string& method, const std::string& path) const;
  /// Polls the request until its state is final. Throws after `limit`.
  [[nodiscard]] io::JsonDocument wait_final(std::int64_t request,
                                            std::chrono::seconds limit = std::chrono::seconds{
                                                120}) const;

  /// Everything it wrote to its standard error in all its lives.
  [[nodiscard]] std::string log() const;
  [[nodiscard]] const std::filesystem::path& state() const { return state_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int port() const { return port_; }

 private:
  void launch();
  int reap(int flags);
  bool reads_port();
  std::filesystem::path state_;
  std::filesystem::path log_file_;
  std::filesystem::path config_file_;
  std::map<std::string, std::string> environment_;
  pid_t pid_ = -1;
  int port_ = 0;
  std::size_t log_seen_ = 0;
};

}  // namespace iib::test
