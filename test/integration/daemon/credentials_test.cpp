#include "auth_site.hpp"
#include "credentials_site.hpp"
#include "fragments.hpp"
#include "regeneration.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

const Login kService{.user = "service", .password = "kittiwake-4711"};
const Login kOwner{.user = "owner", .password = "guillemot-0815"};
const Login kNobody{.user = "owner", .password = "razorbill-1234"};

/// A configuration with `registry` alone, whose authority only iib_certs_dir knows.
std::string configuration(const SecuredRegistry& registry, const fs::path& credentials,
                          const std::string& engine, const std::string& place) {
  return fmt::format(
      "login_disabled: true\niib_registry: {}\niib_image_push_template: '{{registry}}/{}"
      "{{request_id}}'\niib_certs_dir: {}\niib_docker_config_template: {}\niib_image_engine: {}\n"
      "iib_total_attempts: 2\niib_retry_delay: 0\niib_retry_jitter: 0\niib_retry_multiplier: 0\n"
      "iib_log_level: DEBUG\n",
      registry.address, place, registry.certs_directory.string(), credentials.string(), engine);
}

fs::path write_credentials(const Site& site,
                           const std::vector<std::pair<std::string, Login>>& entries) {
  auto file = site.directory() / "template.json";
  write_file_atomically(file, auths_of(entries), 0600);
  return file;
}

/// Submits, watches and gives the final document; whatever the end, nothing secret was seen or is
/// left.
io::JsonDocument build_watched(const Daemon& daemon, const std::string& life,
                               const std::string& type, const std::string& body,
                               const std::vector<Login>& logins) {
  const auto request = submit(daemon, type, body);
  const auto seen = watch(daemon, life, request, logins);
  const auto left = left_behind(daemon, logins);
  CAPTURE(seen.loose, seen.showing, left);
  CHECK(seen.loose.empty());
  CHECK(seen.showing.empty());
  CHECK(seen.processes > 0);
  CHECK(seen.auth_files > 0);
  CHECK(left.empty());
  auto document = daemon.wait_final(request);
  const auto log = daemon.get(fmt::format("/api/v1/builds/{}/logs", request)).body;
  for (const auto& login : logins) CHECK_FALSE(shows(io::to_json(document) + log, login));
  return document;
}

void check_complete(const io::JsonDocument& document) {
  INFO(text_of(document, "state_reason"));
  CHECK(text_of(document, "state") == "complete");
}

}  // namespace

TEST_CASE("a registry with passwords and TLS by a private authority is used by both engines",
          "[credentials]") {
  IIBD_NEEDS_TOOLS();
  const auto engine = IIBD_EACH_IMAGE_ENGINE();
  CAPTURE(engine);
  Site plain;
  const PasswordRegistry server{plain.directory() / "secured", {kService, kOwner}};
  const SecuredRegistry registry{server.address(), server.certs_directory()};
  registry.fill(plain.base(), "base:v1", kOwner);
  registry.fill(plain.push_bundle("otter-operator", "0.1.0"), "otter:1", kOwner);
  registry.fill(plain.push_image("heron", heron_bundle(heron_csv({}))), "private/heron:1", kOwner);
  const std::vector logins{kService, kOwner, kNobody};
  // The longest key counts: the service is not let into private/.
  const auto credentials = write_credentials(
      plain, {{registry.address, kService}, {registry.pull_spec("private"), kNobody}});
  const auto before = read_file(credentials, 4096);
  const auto life = plain.directory().string();
  Daemon daemon{plain.state(),
                configuration(registry, credentials, engine, "iib-build:"),
                {{kLife, life}, {"HOME", plain.directory().string()}}};
  daemon.start();

  const auto added = build_watched(
      daemon, life, "add",
      fmt::format(R"({{"bundles":["{}"],"binary_image":"{}","add_arches":["amd64"]}})",
                  registry.pull_spec("otter:1"), registry.pull_spec("base:v1")),
      logins);
  check_complete(added);

  const auto body = [&](const std::string& more) {
    return regenerate_body(registry.pull_spec("private/heron:1"), more);
  };
  const auto refused = build_watched(daemon, life, "regenerate-bundle", body(""), logins);
  CHECK(text_of(refused, "state") == "failed");
  CHECK_THAT(text_of(refused, "state_reason"),
             Contains("credentials") && Contains(registry.pull_spec("private")));

  const auto auths = auths_of({{registry.pull_spec("private"), kOwner}});
  const auto made = build_watched(daemon, life, "regenerate-bundle",
                                  body(fmt::format(R"(,"registry_auths":{})", auths)), logins);
  check_complete(made);
  CHECK_THAT(registry.manifest("iib-build:3", kService), Contains("manifests"));

  // A bundle below one that the service can read.
  const auto fill_nest = [&](const std::string& name, const std::vector<std::string>& images) {
    auto bundle = heron_bundle(heron_csv(images));
    bundle.labels["com.redhat.delivery.operator.bundle"] = "true";
    registry.fill(plain.push_image("nest", bundle), name, kOwner);
    return registry.pull_spec(name);
  };
  const auto child = fill_nest("private/child:1", {});
  const auto parent = fill_nest("parent:1", {child});
  const auto find_nested = [&](const std::string& more) {
    return build(daemon, "recursive-related-bundles",
                 fmt::format(R"({{"parent_bundle_image":"{}"{}}})", parent, more));
  };
  const auto unread = find_nested("");
  CHECK(text_of(unread, "state") == "failed");
  CHECK_THAT(text_of(unread, "state_reason"), Contains("credentials") && Contains(child));
  const auto found = find_nested(fmt::format(R"(,"registry_auths":{})", auths));
  check_complete(found);
  CHECK_THAT(
      daemon.get(fmt::format("/api/v1/builds/{}/nested-bundles", found["id"].GetInt64())).body,
      Contains(child));

  CHECK(read_file(credentials, 4096) == before);
  CHECK_FALSE(fs::exists(plain.directory() / ".docker"));
  CHECK_FALSE(fs::exists(plain.directory() / ".config"));
}

TEST_CASE("a token writes its one index and nothing else, beside the credentials of the service",
          "[credentials][overwriting]") {
  IIBD_NEEDS_TOOLS();
  const auto engine = IIBD_EACH_IMAGE_ENGINE();
  CAPTURE(engine);
  Site plain;
  AuthSite server;  // ada may read and write a/ alone, bo b/
  const SecuredRegistry registry{server.registry(), server.certs_directory()};
  const Login ada{.user = "ada", .password = "ada's:pass"};
  const Login bo{.user = "bo", .password = "bo's pass"};
  const std::vector logins{ada, bo};
  registry.fill(plain.base(), "a/base:v1", ada);
  registry.fill(plain.push_bundle("otter-operator", "0.1.0"), "a/otter:1", ada);
  registry.fill(plain.push_bundle("otter-operator", "0.2.0"), "a/otter:2", ada);
  const auto credentials = write_credentials(plain, {{registry.address, ada}});
  const auto life = plain.directory().string();
  Daemon daemon{
      plain.state(), configuration(registry, credentials, engine, "a/iib-build:"), {{kLife, life}}};
  daemon.start();
  const auto body = [&](int bundle, const std::string& more) {
    return fmt::format(R"({{"bundles":["{}"],"binary_image":"{}"{}}})",
                       registry.pull_spec(fmt::format("a/otter:{}", bundle)),
                       registry.pull_spec("a/base:v1"), more);
  };
  check_complete(build(daemon, "add", body(1, R"(,"add_arches":["amd64"])")));
  registry.copy("a/iib-build:1", ada, "b/catalog:v1", bo);
  const auto before = registry.manifest("b/catalog:v1", bo);
  const auto index = registry.pull_spec("b/catalog:v1");
  const auto overwriting = [&](const std::string& token) {
    return body(2, fmt::format(R"(,"from_index":"{}","overwrite_from_index":true,)"
                               R"("overwrite_from_index_token":"{}")",
                               index, token));
  };

  const auto refused =
      build_watched(daemon, life, "add", overwriting("bo:razorbill-1234"), {ada, bo, kNobody});
  CHECK(text_of(refused, "state") == "failed");
  CHECK_THAT(text_of(refused, "state_reason"), Contains(index) && Contains("credentials"));
  CHECK(registry.manifest("b/catalog:v1", bo) == before);

  const auto asked_before = server.tokens().asked().size();
  const auto done = build_watched(daemon, life, "add", overwriting("bo:bo's pass"), logins);
  check_complete(done);
  CHECK(text_of(done, "index_image") == index);
  CHECK(registry.manifest("b/catalog:v1", bo) == registry.manifest("a/iib-build:3", ada));

  const auto asked = server.tokens().asked();
  for (std::size_t i = asked_before; i < asked.size(); ++i) {
    for (const auto& scope : asked[i].scopes) {
      CAPTURE(asked[i].user, scope);
      // Reading may be tried with the wrong ones: where a layer might be mounted from.
      if (scope.find("push") == std::string::npos) continue;
      CHECK(asked[i].user == (scope.starts_with("repository:b/") ? "bo" : "ada"));
    }
  }

  // It reads fragments there, too, which the service cannot.
  const auto emptied =
      build(daemon, "create-empty-index",
            fmt::format(R"({{"from_index":"{}","binary_image":"{}","output_fbc":true}})",
                        registry.pull_spec("a/iib-build:1"), registry.pull_spec("a/base:v1")));
  check_complete(emptied);
  registry.copy(fmt::format("a/iib-build:{}", emptied["id"].GetInt64()), ada, "b/catalog:files",
                bo);
  registry.fill(plain.push_image("tern", fragment_image("tern", package_blobs("tern", "1.0.0"))),
                "b/catalog:tern", bo);
  const auto files = registry.pull_spec("b/catalog:files");
  const auto fragment = registry.pull_spec("b/catalog:tern");
  const auto take = [&](const std::string& more) {
    return build(
        daemon, "fbc-operations",
        fmt::format(R"({{"from_index":"{}","binary_image":"{}","fbc_fragments":["{}"]{}}})", files,
                    registry.pull_spec("a/base:v1"), fragment, more));
  };
  const auto unread = take("");
  CHECK(text_of(unread, "state") == "failed");
  CHECK_THAT(text_of(unread, "state_reason"), Contains("credentials") && Contains(fragment));
  const auto taken =
      take(R"(,"overwrite_from_index":true,"overwrite_from_index_token":"bo:bo's pass")");
  check_complete(taken);
  CHECK(text_of(taken, "index_image") == files);
}

}  // namespace iib::test
