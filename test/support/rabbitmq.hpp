#pragma once

#include "iib/base/files.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace iib::test {

/// Files of the TLS listener of a broker.
struct RabbitTls {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path authorities;  ///< Of the clients, who must have a certificate.
};

/// A real RabbitMQ with its AMQP 1.0 plugin: a node of its own with an epmd of its own, on free
/// ports of loopback, ended with this object. It takes some seconds to start.
class RabbitMq {
 public:
  /// Starts it and waits until it takes connections.
  explicit RabbitMq(std::optional<RabbitTls> tls = std::nullopt);
  RabbitMq(const RabbitMq&) = delete;
  RabbitMq& operator=(const RabbitMq&) = delete;
  ~RabbitMq();

  /// Whether it is installed.
  [[nodiscard]] static bool installed();
  /// SIGKILL to all of it.
  void kill();
  /// Starts it again on what it had on disk.
  void start();
  /// `amqp://guest:guest@localhost:port`.
  [[nodiscard]] std::string url() const;
  /// The same by TLS.
  [[nodiscard]] std::string tls_url() const;

 private:
  void write_files(const std::optional<RabbitTls>& tls) const;
  void spawn_epmd();
  [[nodiscard]] std::vector<std::string> environment() const;
  [[nodiscard]] std::string log() const;

  TempDir directory_;
  int port_ = 0;
  int tls_port_ = 0;
  int epmd_port_ = 0;
  int distribution_port_ = 0;
  pid_t epmd_ = -1;
  pid_t broker_ = -1;
};

}  // namespace iib::test
