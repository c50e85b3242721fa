#include "eventually.hpp"
#include "index_image.hpp"
#include "processes.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <set>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kLife = "IIBD_TEST_LIFE";
const Login kLogin{.user = "robot", .password = "kittiwake-4711"};

std::string base64(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');  // with the final NUL of OpenSSL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return encoded;
}

/// Writes an auth file for the site's registry; gives its path.
fs::path write_auth_file(Site& site, const Login& login) {
  auto file = site.directory() / "auth.json";
  write_file_atomically(
      file,
      fmt::format(R"({{"auths": {{"{}": {{"auth": "{}"}}}}}})", site.registry().address(),
                  base64(login.user + ":" + login.password)),
      0600);
  return file;
}

bool shows(const std::string& text, const Login& login) {
  return text.find(login.password) != std::string::npos ||
         text.find(base64(login.user + ":" + login.password)) != std::string::npos;
}

/// The command lines of all programs of the daemon that were seen until the request ended.
std::set<std::string> watch_command_lines(const Daemon& daemon, const std::string& life,
                                          std::int64_t request) {
  std::set<std::string> seen;
  const auto path = fmt::format("/api/v1/builds/{}", request);
  eventually(120s, [&] {
    for (auto& process : processes_with(kLife, life)) seen.insert(std::move(process.command_line));
    return text_of(daemon.get(path).json, "state") != "in_progress";
  });
  return seen;
}

}  // namespace

TEST_CASE("a registry with a login is used with the credentials of iib_docker_config_template",
          "[login]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64"}, kLogin};
  const auto auth_file = write_auth_file(site, kLogin);
  const auto before = read_file(auth_file, 4096);
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  const auto life = site.directory().string();
  Daemon daemon{
      site.state(),
      site.configuration(fmt::format("iib_docker_config_template: {}\n", auth_file.string())),
      {{kLife, life}}};
  daemon.start();

  const auto request = submit(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));
  const auto command_lines = watch_command_lines(daemon, life, request);
  CHECK(command_lines.size() > 1);  // the daemon and its tools
  for (const auto& command_line : command_lines) CHECK_FALSE(shows(command_line, kLogin));
  const auto document = daemon.wait_final(request);

  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  CHECK(bundles_of(site.registry(), text_of(document, "index_image")) ==
        std::vector<std::string>{"otter-operator.v0.1.0"});
  CHECK(read_file(auth_file, 4096) == before);
  CHECK_FALSE(shows(daemon.log(), kLogin));
  CHECK_FALSE(shows(daemon.get(fmt::format("/api/v1/builds/{}/logs", request)).body, kLogin));
}

TEST_CASE("without that template the credentials of REGISTRY_AUTH_FILE count", "[login]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64"}, kLogin};
  const auto auth_file = write_auth_file(site, kLogin);
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  Daemon daemon{site.state(),
                site.configuration(),
                {{"REGISTRY_AUTH_FILE", auth_file.string()}, {"HOME", site.directory().string()}}};
  daemon.start();

  const auto document = build(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));

  INFO(io::to_json(document));
  CHECK(text_of(document, "state") == "complete");
}

TEST_CASE("wrong credentials fail the request with a reason that says what to check", "[login]") {
  IIBD_NEEDS_TOOLS();
  Site site{{"amd64"}, kLogin};
  const Login wrong{.user = "robot", .password = "guillemot-0815"};
  const auto auth_file = write_auth_file(site, wrong);
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  Daemon daemon{site.state(), site.configuration(fmt::format("iib_docker_config_template: {}\n",
                                                             auth_file.string()))};
  daemon.start();

  const auto document = build(daemon, "add", site.add_body({bundle}, {.add_arches = {"amd64"}}));

  CHECK(text_of(document, "state") == "failed");
  const auto reason = text_of(document, "state_reason");
  CHECK_THAT(reason, Catch::Contains(bundle));
  CHECK_THAT(reason, Catch::Contains("credentials"));
  CHECK_THAT(reason, Catch::Contains("iib_docker_config_template"));
  CHECK_FALSE(shows(io::to_json(document), wrong));
  CHECK_FALSE(shows(daemon.log(), wrong));
  CHECK_FALSE(shows(daemon.get("/api/v1/builds/1/logs").body, wrong));
}

}  // namespace iib::test
