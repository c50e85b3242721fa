#pragma once

#include "commands.hpp"
#include "free_port.hpp"
#include "iib/base/files.hpp"

#include <memory>
#include <string>

namespace iib::test {

/// The Kerberos realm IIBD.TEST with a real KDC on loopback, gone with this object. It has the user
/// `alice`, the services `HTTP/localhost` (in keytab()) and `host/localhost` (in wrong_keytab()).
class Realm {
 public:
  Realm();

  /// Whether the programs of the KDC and of its clients are installed.
  static bool is_possible();
  /// What clients and servers of the realm need in their environment.
  [[nodiscard]] Variables variables() const;
  [[nodiscard]] std::string keytab() const { return file("http.keytab"); }
  [[nodiscard]] std::string wrong_keytab() const { return file("host.keytab"); }
  /// Gets a ticket for alice.
  void log_in() const;
  /// Throws alice's tickets away.
  void log_out() const;

 private:
  [[nodiscard]] std::string file(const std::string& name) const {
    return (directory_.path() / name).string();
  }
  void write_configuration() const;
  void add_principals() const;

  TempDir directory_{std::filesystem::temp_directory_path(), "iibd-realm-"};
  int port_ = free_port();
  std::unique_ptr<Background> kdc_;
};

}  // namespace iib::test
