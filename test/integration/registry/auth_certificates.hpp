#pragma once

#include <filesystem>
#include <string>

namespace iib::test {

/// A private certificate authority. Files lie in a folder of the test.
class Authority {
 public:
  /// Makes it: `folder`/`name`.pem and .key.
  Authority(std::filesystem::path folder, std::string name);

  /// Its certificate.
  [[nodiscard]] std::filesystem::path certificate() const;
  /// Makes `folder`/`name`.pem and .key for servers on loopback, and clients.
  void issue(const std::string& name) const;

 private:
  std::filesystem::path folder_;
  std::string name_;
};

}  // namespace iib::test
