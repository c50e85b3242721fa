#include "image/registry/tls_settings.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace {

using iib::image::tls_settings;
using iib::image::token_server_tls_settings;
using iib::io::HttpScheme;
using iib::io::HttpVerification;

namespace fs = std::filesystem;

/// A certs.d with empty files.
struct CertsDirectory {
  explicit CertsDirectory(const std::vector<std::string>& files) {
    for (const auto& file : files) {
      const auto path = root() / file;
      fs::create_directories(path.parent_path());
      iib::write_file_atomically(path, "");
    }
  }
  [[nodiscard]] const fs::path& root() const { return directory.path(); }
  iib::TempDir directory{fs::temp_directory_path()};
};

}  // namespace

TEST_CASE("the files of a registry's directory say how TLS is spoken", "[image][registry]") {
  const CertsDirectory certs{{"r.io:5000/b.crt", "r.io:5000/a.crt", "r.io:5000/client.cert",
                              "r.io:5000/client.key", "r.io:5000/z.cert", "r.io:5000/z.key",
                              "r.io:5000/README", "r.io/other.crt"}};

  const auto settings = tls_settings(certs.root(), {}, "r.io:5000");

  const auto directory = certs.root() / "r.io:5000";
  CHECK(settings.authorities == std::vector{directory / "a.crt", directory / "b.crt"});
  CHECK(settings.client_certificate == directory / "client.cert");
  CHECK(settings.client_key == directory / "client.key");
  CHECK(settings.verification == HttpVerification::required);
  CHECK(tls_settings(certs.root(), {}, "r.io").authorities.size() == 1);
}

TEST_CASE("a registry without a directory has the host's authorities alone", "[image][registry]") {
  const CertsDirectory certs{{"stray.crt"}};
  const auto [name, directory, registry] = GENERATE_REF(table<std::string, fs::path, std::string>({
      {"no directory configured", {}, "r.io"},
      {"an absent one", "/nonexistent", "r.io"},
      {"none of this name", certs.root(), "r.io"},
      {"a name that leads upwards", certs.root() / "r.io", ".."},
      {"a name that leads nowhere", certs.root(), "."},
  }));
  CAPTURE(name);

  const auto settings = tls_settings(directory, {}, registry);

  CHECK(settings.authorities.empty());
  CHECK(settings.client_certificate.empty());
}

TEST_CASE("a client certificate needs its key, and a key its certificate", "[image][registry]") {
  const auto [file, missing] = GENERATE(table<std::string, std::string>({
      {"client.cert", "client.key"},
      {"client.key", "client.cert"},
  }));
  const CertsDirectory certs{{"r.io/" + file}};

  CHECK_THROWS_WITH(tls_settings(certs.root(), {}, "r.io"),
                    Catch::Contains(file) && Catch::Contains(missing + " is missing") &&
                        Catch::Contains("iib_certs_dir"));
}

TEST_CASE("a directory that cannot be read is an error, not no directory", "[image][registry]") {
  const CertsDirectory certs{{"r.io"}};  // a file

  CHECK_THROWS_AS(tls_settings(certs.root(), {}, "r.io"), iib::ExternalError);
}

TEST_CASE("only the very registry that is named is insecure", "[image][registry]") {
  const std::vector<std::string> insecure{"r.io:5000", "localhost"};
  const auto [registry, verification] = GENERATE(table<std::string, HttpVerification>({
      {"r.io:5000", HttpVerification::none},
      {"localhost", HttpVerification::none},
      {"r.io", HttpVerification::required},
      {"r.io:5001", HttpVerification::required},
      {"localhost:5000", HttpVerification::required},
      {"x.r.io:5000", HttpVerification::required},
  }));
  CAPTURE(registry);

  CHECK(tls_settings({}, insecure, registry).verification == verification);
}

TEST_CASE("a token server has its own directory and the registry's authorities",
          "[image][registry]") {
  const CertsDirectory certs{{"r.io/ca.crt", "r.io/client.cert", "r.io/client.key",
                              "auth.io:8443/own.crt", "auth.io:8443/c.cert", "auth.io:8443/c.key"}};
  const std::vector<std::string> insecure{"bad.io"};
  const auto settings = [&](const char* registry, const char* server) {
    return token_server_tls_settings(certs.root(), insecure, registry,
                                     iib::io::origin_of(HttpScheme::https, server));
  };

  SECTION("on another host") {
    const auto other = settings("r.io", "auth.io:8443");
    CHECK(other.authorities ==
          std::vector{certs.root() / "auth.io:8443" / "own.crt", certs.root() / "r.io" / "ca.crt"});
    CHECK(other.client_certificate == certs.root() / "auth.io:8443" / "c.cert");
    CHECK(settings("r.io", "elsewhere.io").client_certificate.empty());
  }
  SECTION("on the registry's own, however its port is written") {
    CHECK(settings("r.io", "r.io:443").client_certificate == certs.root() / "r.io" / "client.cert");
    CHECK(settings("r.io", "r.io").authorities.size() == 1);
  }
  SECTION("unverified when one of both is") {
    CHECK(settings("bad.io", "auth.io").verification == HttpVerification::none);
    CHECK(settings("r.io", "bad.io").verification == HttpVerification::none);
    CHECK(settings("r.io", "auth.io").verification == HttpVerification::required);
  }
}
