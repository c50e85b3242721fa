#include "auth_site.hpp"

#include "eventually.hpp"
#include "free_port.hpp"
#include "loopback.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <vector>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostLog = 1U << 20U;

std::vector<Account> accounts() {
  return {{.user = "ada", .password = "ada's:pass", .identity_token = "", .folder = "a"},
          {.user = "bo", .password = "bo's pass", .identity_token = "", .folder = "b"},
          {.user = "robot", .password = "", .identity_token = "robot/id+token", .folder = "robot"},
          {.user = "owner", .password = "owner", .identity_token = "", .folder = "public"}};
}

}  // namespace

AuthSite::AuthSite(Clients clients)
    : directory_{std::filesystem::temp_directory_path(), "auth-site-"},
      authority_{folder(), "authority"},
      port_{free_port()} {
  for (const auto* name : {"server", "signer", "client"}) authority_.issue(name);
  tokens_ = std::make_unique<TokenServer>(folder(), accounts());
  const auto certs = certs_directory() / registry();
  std::filesystem::create_directories(certs);
  std::filesystem::copy_file(authority_.certificate(), certs / "authority.crt");
  const auto root = authority_.certificate().string();
  std::ofstream{folder() / "registry.yml"} << fmt::format(
      "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {0}/blobs}}\n"
      "http:\n  addr: '{1}'\n  tls:\n    certificate: {0}/server.pem\n    key: {0}/server.key\n{2}"
      "auth:\n  token:\n    realm: https://{3}/token\n    service: registry of the test\n"
      "    issuer: test\n    rootcertbundle: {4}\n",
      folder().string(), registry(),
      clients == Clients::any ? "" : fmt::format("    clientcas: ['{}']\n", root),
      tokens_->address(), root);
  const auto log = folder() / "registry.log";
  registry_ = std::make_unique<Background>(
      std::vector<std::string>{"docker-registry", "serve", (folder() / "registry.yml").string()},
      Variables{}, log);
  if (eventually(60s, [&] { return accepts(port_); })) return;
  throw std::runtime_error{"docker-registry does not listen: " + read_file(log, kMostLog)};
}

std::string AuthSite::registry() const {
  return fmt::format("127.0.0.1:{}", port_);
}

void AuthSite::give_client_certificate() const {
  const auto certs = certs_directory() / registry();
  std::filesystem::copy_file(folder() / "client.pem", certs / "client.cert");
  std::filesystem::copy_file(folder() / "client.key", certs / "client.key");
}

std::filesystem::path AuthSite::auth_file(const std::string& auths) const {
  auto path = folder() / "auth.json";
  write_file_atomically(path, fmt::format(R"({{"auths":{}}})", auths), 0600);
  return path;
}

int AuthSite::status(const std::string& path, const std::string& authorization) const {
  return std::stoi(
      must_run({"curl", "-s", "--cacert", authority_.certificate().string(), "-o", "/dev/null",
                "-w", "%{http_code}", "-H", "Authorization: " + authorization,
                fmt::format("https://{}{}", registry(), path)}));
}

}  // namespace iib::test
