#include "auth_site.hpp"
#include "eventually.hpp"
#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "image/registry/client.hpp"
#include "registry.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using image::Access;
using image::Blob;
using image::RegistryClient;
using image::RegistryOptions;
using model::Digest;
using model::ImageReference;

constexpr auto kManifestType = "application/vnd.docker.distribution.manifest.v2+json";
constexpr auto kConfig = R"({"architecture":"amd64","os":"linux"})";

Log quiet() {
  return {make_null_sink(), "test", LogLevel::error};
}

Blob config_blob() {
  return {.media_type = "application/vnd.docker.container.image.v1+json",
          .digest = Digest::of(kConfig),
          .size = std::string_view{kConfig}.size()};
}

RegistryOptions options(const AuthSite& site) {
  return {.certs_directory = site.certs_directory(),
          .retries = {.attempts = 2, .multiplier = 1ms, .delay = 1ms, .jitter = 0ms, .cap = 5ms},
          .call_limit = 20s};
}

Access access_with(const std::filesystem::path& auth_file) {
  return {.auth_file = auth_file,
          .work_directory = std::filesystem::temp_directory_path(),
          .log = quiet(),
          .cancellation = {}};
}

std::string entry(const std::string& key, const std::string& pair) {
  return fmt::format(R"("{}":{{"auth":"{}"}})", key, to_base64(pair));
}

/// The manifest of an image that has a config and no layer.
std::string small_manifest() {
  const auto config = config_blob();
  return fmt::format(
      R"({{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}","size":{},"digest":"{}"}},"layers":[]}})",
      kManifestType, config.media_type, config.size, config.digest.text());
}

/// Pushes an image as the engine does: blob first, then the tag.
void push(RegistryClient& client, const ImageReference& image, const Access& access) {
  client.upload_bytes(image, config_blob(), kConfig, access);
  static_cast<void>(client.put_manifest(image, kManifestType, small_manifest(), access));
}

/// What `call` throws, which must be worth no other try.
template <class Call>
std::string failure_of(Call&& call) {
  try {
    call();
  } catch (const ExternalError& error) {
    CHECK_FALSE(error.worth_retrying());
    return error.what();
  }
  return "no failure";
}

}  // namespace

TEST_CASE("a registry with passwords takes the right one only", "[registry][auth]") {
  if (!have_programs({"docker-registry", "htpasswd"})) IIBD_SKIP("needs docker-registry, htpasswd");
  const Registry registry{Login{.user = "ada", .password = "right:one"}};
  const TempDir folder{std::filesystem::temp_directory_path()};
  const auto file = folder.path() / "auth.json";
  const auto write = [&](const std::string& entries) {
    write_file_atomically(file, fmt::format(R"({{"auths":{{{}}}}})", entries), 0600);
  };
  RegistryClient client{{.insecure_registries = {registry.address()}, .call_limit = 20s}, quiet()};
  const auto image = ImageReference::parse(registry.address() + "/ns/img:1");
  const auto access = access_with(file);

  SECTION("the right one") {
    write(entry(registry.address(), "ada:right:one"));
    push(client, image, access);
    CHECK(client.manifest(image, access).bytes == small_manifest());
  }
  SECTION("the one of the longest key") {
    write(entry(registry.address(), "ada:wrong") + "," +
          entry(registry.address() + "/ns", "ada:right:one"));
    push(client, image, access);
    CHECK(client.read_blob(image, config_blob(), 1000, access) == kConfig);
  }
  SECTION("not a wrong one") {
    write(entry(registry.address(), "ada:hidden"));
    const auto failure = failure_of([&] { push(client, image, access); });
    CHECK_THAT(failure,
               Catch::Contains(fmt::format("{0} answered 401 to the credentials for {0}; check the "
                                           "credentials for {0} in iib_docker_config_template",
                                           registry.address())));
    CHECK_THAT(failure, !Catch::Contains("hidden"));
  }
  SECTION("not nobody") {
    write("");
    CHECK_THAT(failure_of([&] { push(client, image, access); }),
               Catch::Contains("answered 401 to a request without credentials"));
  }
}

TEST_CASE("a token is got in every way that Docker's token authentication has",
          "[registry][auth]") {
  if (!have_programs({"docker-registry", "openssl", "curl"})) IIBD_SKIP("needs docker-registry");
  AuthSite site;
  RegistryClient client{options(site), quiet()};
  const auto at = [&](const char* name) {
    return ImageReference::parse(fmt::format("{}/{}", site.registry(), name));
  };

  SECTION("by user and password, once for many requests") {
    const auto access =
        access_with(site.auth_file("{" + entry(site.registry() + "/a", "ada:ada's:pass") + "}"));
    push(client, at("a/img:1"), access);
    CHECK(client.has_blob(at("a/img:1"), config_blob().digest, access));

    const auto asked = site.tokens().asked();
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].method == "GET");
    CHECK(asked[0].user == "ada");
    CHECK(asked[0].scopes == std::vector<std::string>{"repository:a/img:pull,push"});
  }
  SECTION("by an identity token") {
    const auto access = access_with(site.auth_file(
        fmt::format(R"({{"{}":{{"identitytoken":"robot/id+token"}}}})", site.registry())));
    push(client, at("robot/img:1"), access);
    CHECK(client.manifest(at("robot/img:1"), access).bytes == small_manifest());
    for (const auto& each : site.tokens().asked()) {
      CHECK(each.method == "POST");
      CHECK(each.user == "robot");
    }
  }
  SECTION("by nobody, for what is public") {
    push(client, at("public/img:1"),
         access_with(site.auth_file("{" + entry(site.registry(), "owner:owner") + "}")));

    CHECK(client.manifest(at("public/img:1"), access_with({})).bytes == small_manifest());

    CHECK(site.tokens().asked().back().user.empty());
    CHECK_THAT(failure_of([&] { push(client, at("public/img:2"), access_with({})); }),
               Catch::Contains("answered 401 to a request without credentials"));
  }
}

TEST_CASE("repositories with different logins get tokens of their own", "[registry][auth]") {
  if (!have_programs({"docker-registry", "openssl", "curl"})) IIBD_SKIP("needs docker-registry");
  AuthSite site;
  RegistryClient client{options(site), quiet()};
  const auto access =
      access_with(site.auth_file("{" + entry(site.registry() + "/a", "ada:ada's:pass") + "," +
                                 entry(site.registry() + "/b", "bo:bo's pass") + "}"));
  const auto of_ada = ImageReference::parse(site.registry() + "/a/img:1");
  const auto of_bo = ImageReference::parse(site.registry() + "/b/img:1");

  SECTION("by turns") {
    for (const auto& image : {of_ada, of_bo, of_ada, of_bo}) push(client, image, access);
    const auto asked = site.tokens().asked();
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].user == "ada");
    CHECK(asked[1].user == "bo");
  }
  SECTION("at once, each token asked for once") {
    for (const auto& image : {of_ada, of_bo}) push(client, image, access);
    RegistryClient fresh{options(site), quiet()};
    std::atomic<int> right = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
          const auto& image = i % 2 == 0 ? of_ada : of_bo;
          if (fresh.manifest(image, access).bytes == small_manifest()) ++right;
        });
      }
    }
    CHECK(right == 8);
    CHECK(site.tokens().asked().size() == 4);  // two of them to push
  }
  SECTION("and a mount from the other's falls back to an upload") {
    push(client, of_ada, access);
    CHECK_FALSE(client.mount(of_bo, config_blob().digest, of_ada, access));
    push(client, of_bo, access);
    CHECK(client.manifest(of_bo, access).bytes == small_manifest());
  }
  SECTION("and a mount between one's own is granted by one token") {
    push(client, of_ada, access);
    const auto second = ImageReference::parse(site.registry() + "/a/other:1");
    CHECK(client.mount(second, config_blob().digest, of_ada, access));
    CHECK(site.tokens().asked().back().scopes ==
          std::vector<std::string>{"repository:a/img:pull", "repository:a/other:pull,push"});
  }
}

TEST_CASE("a token that ends in the middle of the work is replaced", "[registry][auth]") {
  if (!have_programs({"docker-registry", "openssl", "curl"})) IIBD_SKIP("needs docker-registry");
  AuthSite site;
  RegistryClient client{options(site), quiet()};
  const auto access =
      access_with(site.auth_file("{" + entry(site.registry(), "ada:ada's:pass") + "}"));
  const auto image = ImageReference::parse(site.registry() + "/a/img:1");
  site.tokens().accept_for(5s);  // though it says an hour
  client.upload_bytes(image, config_blob(), kConfig, access);
  const auto asked = site.tokens().asked().size();

  const auto old = "Bearer " + site.tokens().last_token();
  REQUIRE(eventually(60s, [&] { return site.status("/v2/a/img/manifests/1", old) == 401; }));
  static_cast<void>(client.put_manifest(image, kManifestType, small_manifest(), access));

  CHECK(client.manifest(image, access).bytes == small_manifest());
  CHECK(site.tokens().asked().size() > asked);
}

TEST_CASE("credentials that are not accepted are named by where they come from",
          "[registry][auth]") {
  if (!have_programs({"docker-registry", "openssl", "curl"})) IIBD_SKIP("needs docker-registry");
  AuthSite site;
  RegistryClient client{options(site), quiet()};
  const auto image = ImageReference::parse(site.registry() + "/a/img:1");
  const auto key = site.registry() + "/a";
  const auto remedy = fmt::format(
      "check the credentials for {} in iib_docker_config_template, or those given with "
      "the request",
      site.registry());
  const auto try_with = [&](const std::string& auths) {
    return failure_of([&] { push(client, image, access_with(site.auth_file(auths))); });
  };

  SECTION("a wrong password") {
    const auto failure = try_with("{" + entry(key, "ada:hidden") + "}");
    CHECK_THAT(failure, Catch::StartsWith(image.text() + " cannot be pushed: ") &&
                            Catch::Contains(
                                fmt::format("the token server https://{}/token answered 401 to the "
                                            "credentials for {}; ",
                                            site.tokens().address(), key)) &&
                            Catch::Contains(remedy));
    CHECK_THAT(failure, !Catch::Contains("hidden") && !Catch::Contains(to_base64("ada:hidden")));
    CHECK(site.tokens().asked().size() == 1);
  }
  SECTION("a wrong identity token") {
    const auto failure = try_with(fmt::format(R"({{"{}":{{"identitytoken":"hidden"}}}})", key));
    CHECK_THAT(failure, Catch::Contains("answered 401 to the credentials for " + key) &&
                            Catch::Contains(remedy) && !Catch::Contains("hidden"));
  }
  SECTION("somebody else's") {
    const auto failure = try_with("{" + entry(key, "bo:bo's pass") + "}");
    CHECK_THAT(failure, Catch::Contains(site.registry() + " answered 401 to the credentials for " +
                                        key + "; " + remedy));
    CHECK(site.tokens().asked().size() == 1);
  }
}

TEST_CASE("certs.d decides whom TLS trusts and what it shows", "[registry][auth]") {
  if (!have_programs({"docker-registry", "openssl", "curl"})) IIBD_SKIP("needs docker-registry");

  SECTION("an authority that is nowhere is not trusted, and no password leaves") {
    AuthSite site;
    auto without = options(site);
    without.certs_directory.clear();
    RegistryClient client{without, quiet()};
    const auto access =
        access_with(site.auth_file("{" + entry(site.registry(), "ada:ada's:pass") + "}"));
    const auto image = ImageReference::parse(site.registry() + "/a/img:1");
    CHECK_THAT(failure_of([&] { push(client, image, access); }),
               Catch::Contains("certificate") && Catch::Contains("iib_insecure_registries"));
    CHECK(site.tokens().asked().empty());
  }
  SECTION("unless the registry is insecure on purpose, and its token server with it") {
    AuthSite site;
    auto insecure = options(site);
    insecure.certs_directory.clear();
    insecure.insecure_registries = {site.registry()};
    RegistryClient client{insecure, quiet()};
    push(client, ImageReference::parse(site.registry() + "/a/img:1"),
         access_with(site.auth_file("{" + entry(site.registry(), "ada:ada's:pass") + "}")));
    CHECK(site.tokens().asked().size() == 1);
  }
  SECTION("a registry that wants a client certificate gets it") {
    AuthSite site{AuthSite::Clients::with_certificate};
    const auto access =
        access_with(site.auth_file("{" + entry(site.registry(), "ada:ada's:pass") + "}"));
    const auto image = ImageReference::parse(site.registry() + "/a/img:1");
    RegistryClient without{options(site), quiet()};
    CHECK_THROWS_AS(push(without, image, access), ExternalError);

    site.give_client_certificate();
    RegistryClient with{options(site), quiet()};
    push(with, image, access);
    CHECK(with.manifest(image, access).bytes == small_manifest());
  }
}

}  // namespace iib::test
