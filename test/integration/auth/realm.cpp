#include "realm.hpp"

#include "eventually.hpp"
#include "iib/io/process.hpp"
#include "loopback.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kPassword = "only-for-this-test";

/// Debian keeps them where users without rights do not look.
std::string system_program(const std::string& name) {
  return "/usr/sbin/" + name;
}

}  // namespace

bool Realm::is_possible() {
  for (const auto* name : {"krb5kdc", "kdb5_util", "kadmin.local"}) {
    if (!std::filesystem::exists(system_program(name))) return false;
  }
  return !io::find_program("kinit").empty() && !io::find_program("curl").empty();
}

Realm::Realm() {
  // A server under another user reads the configuration and its keytab.
  std::filesystem::permissions(directory_.path(), std::filesystem::perms{0755});
  write_configuration();
  add_principals();
  kdc_ = std::make_unique<Background>(
      std::vector<std::string>{system_program("krb5kdc"), "-n", "-r", "IIBD.TEST"}, variables(),
      file("kdc.out"));
  if (!eventually(60s, [&] { return accepts(port_); })) {
    throw std::runtime_error{"the KDC does not listen: " + read_file(file("kdc.out"), 1U << 20U)};
  }
}

Variables Realm::variables() const {
  return {{"KRB5_CONFIG", file("krb5.conf")},
          {"KRB5_KDC_PROFILE", file("kdc.conf")},
          {"KRB5CCNAME", "FILE:" + file("tickets")},
          {"KRB5RCACHEDIR", file("replays")}};
}

void Realm::write_configuration() const {
  std::ofstream{file("krb5.conf")} << fmt::format(
      "[libdefaults]\n default_realm = IIBD.TEST\n dns_lookup_kdc = false\n rdns = false\n"
      " dns_lookup_realm = false\n dns_canonicalize_hostname = false\n udp_preference_limit = 1\n"
      "[realms]\n IIBD.TEST = {{\n  kdc = 127.0.0.1:{}\n }}\n"
      "[domain_realm]\n localhost = IIBD.TEST\n"
      "[logging]\n kdc = FILE:{}\n",
      port_, file("kdc.log"));
  std::ofstream{file("kdc.conf")} << fmt::format(
      "[kdcdefaults]\n kdc_listen = 127.0.0.1:{0}\n kdc_tcp_listen = 127.0.0.1:{0}\n"
      "[realms]\n IIBD.TEST = {{\n  database_name = {1}\n  key_stash_file = {2}\n }}\n",
      port_, file("principal"), file("stash"));
  std::filesystem::create_directory(file("replays"));
  std::filesystem::permissions(file("replays"), std::filesystem::perms{01777});
}

void Realm::add_principals() const {
  must_run({system_program("kdb5_util"), "create", "-s", "-r", "IIBD.TEST", "-P", kPassword},
           variables());
  const auto admin = [&](const std::string& query) {
    must_run({system_program("kadmin.local"), "-r", "IIBD.TEST", "-q", query}, variables());
  };
  admin(fmt::format("addprinc -pw {} alice", kPassword));
  admin("addprinc -randkey HTTP/localhost");
  admin("addprinc -randkey host/localhost");
  admin("ktadd -k " + keytab() + " HTTP/localhost");
  admin("ktadd -k " + wrong_keytab() + " host/localhost");
  for (const auto& name : {keytab(), wrong_keytab()}) {
    std::filesystem::permissions(name, std::filesystem::perms{0644});
  }
}

void Realm::log_in() const {
  must_run({"kinit", "alice"}, variables(), std::string{kPassword} + "\n");
}

void Realm::log_out() const {
  must_run({"kdestroy"}, variables());
}

}  // namespace iib::test
