#include "auth_certificates.hpp"

#include "commands.hpp"

#include <utility>
#include <vector>

namespace iib::test {
namespace {

/// A request of openssl for a certificate with a fresh key; RSA, because the registry's tokens are
/// signed with such a one.
std::vector<std::string> fresh(const std::filesystem::path& folder, const std::string& name) {
  return {"openssl",  "req",
          "-x509",    "-newkey",
          "rsa:2048", "-nodes",
          "-days",    "2",
          "-subj",    "/CN=" + name,
          "-keyout",  (folder / (name + ".key")).string(),
          "-out",     (folder / (name + ".pem")).string()};
}

}  // namespace

Authority::Authority(std::filesystem::path folder, std::string name)
    : folder_{std::move(folder)}, name_{std::move(name)} {
  must_run(fresh(folder_, name_));
}

std::filesystem::path Authority::certificate() const {
  return folder_ / (name_ + ".pem");
}

void Authority::issue(const std::string& name) const {
  auto command = fresh(folder_, name);
  for (const auto& more : std::initializer_list<std::string>{
           "-CA", certificate().string(), "-CAkey", (folder_ / (name_ + ".key")).string(),
           "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext",
           "basicConstraints=critical,CA:FALSE"}) {
    command.push_back(more);
  }
  must_run(command);
}

}  // namespace iib::test
