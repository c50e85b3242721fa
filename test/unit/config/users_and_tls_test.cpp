#include "loading.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace iib;
using namespace iib::config;
using namespace iib::config::test;
using Catch::Matchers::Contains;

namespace {

/// A file that can be read; what it holds does not matter here.
class SomeFile {
 public:
  SomeFile() { write_file_atomically(path(), "x"); }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "file"; }

 private:
  TempDir directory_{std::filesystem::temp_directory_path()};
};

TEST_CASE("the authorities of services must be certificates that can be read", "[config]") {
  const TempDir directory{std::filesystem::temp_directory_path()};
  const auto file = directory.path() / "authorities.pem";
  const auto option = "iib_ca_file: " + file.string() + "\n";
  CHECK_THAT(error_of(option), Contains(file.string()) && Contains("iib_ca_file"));
  write_file_atomically(file, "no certificate\n");
  CHECK_THAT(error_of(option), Contains("file of certificates"));
  write_file_atomically(file, "-----BEGIN CERTIFICATE-----\n");
  CHECK(error_of(option).empty());
}

TEST_CASE("paths of files may begin with ~ and are absolute", "[config]") {
  const TempDir home{std::filesystem::temp_directory_path()};
  const auto file = home.path() / "authorities.pem";
  write_file_atomically(file, "-----BEGIN CERTIFICATE-----\n");
  const auto config = load_text(
                          "iib_ca_file: ~/authorities.pem\niib_keytab: ~/authorities.pem\n"
                          "iib_users_file: ~/users\niib_certs_dir: certs.d\n",
                          {{"HOME", home.path().string()}})
                          .config;
  CHECK(config.ca_file == file);
  CHECK(config.keytab == file);
  CHECK(config.users_file == home.path() / "users");
  CHECK(config.certs_dir.is_absolute());
}

}  // namespace

TEST_CASE("TLS needs a certificate and a key", "[config]") {
  const SomeFile file;
  const auto certificate = fmt::format("iib_tls_certificate: {}\n", file.path().string());
  const auto key = fmt::format("iib_tls_key: {}\n", file.path().string());

  CHECK_THAT(error_of(certificate), Contains("iib_tls_certificate needs iib_tls_key too"));
  CHECK_THAT(error_of(key), Contains("iib_tls_key needs iib_tls_certificate too"));
  const auto loaded = load_text(certificate + key);
  CHECK(loaded.config.tls_certificate == file.path());
  CHECK(loaded.config.tls_key == file.path());
}

TEST_CASE("files that prove who somebody is must be there", "[config]") {
  const SomeFile file;
  const auto pair = fmt::format("iib_tls_certificate: {}\n", file.path().string());

  CHECK_THAT(error_of(pair + "iib_tls_key: /nowhere/key\n"),
             Contains("iib_tls_key is '/nowhere/key'"));
  CHECK_THAT(error_of("iib_keytab: /nowhere/keytab\n"),
             Contains("iib_keytab is '/nowhere/keytab'"));
  // `iibd user add` makes it, and needs this configuration.
  CHECK(error_of("iib_users_file: /nowhere/users\n").empty());
}

TEST_CASE("passwords in the clear are warned of", "[config]") {
  const SomeFile file;
  const std::string open = "iib_listen: 192.0.2.1:8080\n";
  const std::string users = "iib_users_file: /var/lib/iibd/users\n";
  const auto tls =
      fmt::format("iib_tls_certificate: {0}\niib_tls_key: {0}\n", file.path().string());

  CHECK(mentions(load_text(open + users).warnings, "iib_users_file"));
  CHECK(load_text(open + users + tls).warnings.empty());
  CHECK(load_text(users).warnings.empty());
  CHECK(load_text(open).warnings.empty());
}
