#include "engine_site.hpp"
#include "iib/base/error.hpp"
#include "skip.hpp"
#include "variable.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

const Login kLogin{.user = "otter", .password = "fish-for-supper"};
constexpr auto kEncoded = "b3R0ZXI6ZmlzaC1mb3Itc3VwcGVy";  // of the login

void write_login(const fs::path& file, const std::string& key) {
  write_file_atomically(file, fmt::format(R"({{"auths":{{"{}":{{"auth":"{}"}}}}}})", key, kEncoded),
                        0600);
}

/// A program that behaves like an opm of our own making.
fs::path write_program(const EngineSite& site, const std::string& name, const std::string& body) {
  auto path = site.path(name);
  write_file_atomically(path, "#!/bin/sh\n" + body, 0755);
  return path;
}

std::string failure_of(catalog::CatalogEngine& engine, const EngineSite& site,
                       const std::vector<catalog::BundleSource>& bundles) {
  try {
    (void)engine.add({}, bundles, {}, site.work());
  } catch (const ExternalError& error) {
    return fmt::format("external: {}", error.what());
  } catch (const UserError& error) {
    return fmt::format("user: {}", error.what());
  }
  return "accepted";
}

}  // namespace

#define NEEDS_OPM()                                     \
  if (!have_programs({"docker-registry", "opm"})) {     \
    IIBD_SKIP("needs docker-registry and opm on PATH"); \
  }
#define NEEDS_REGISTRY()                        \
  if (!have_programs({"docker-registry"})) {    \
    IIBD_SKIP("needs docker-registry on PATH"); \
  }

TEST_CASE("opm pulls with the request's credentials and nobody else's", "[catalog][opm]") {
  NEEDS_OPM();
  EngineSite site{kLogin};
  auto bundle = site.bundle("v1(1.0.0)");
  auto engine = site.make_opm();
  fs::create_directories(site.path("home/.docker"));
  write_login(site.path("home/.docker/config.json"), site.registry().address());
  const Variable home{"HOME", site.path("home").string()};
  const Variable config{"DOCKER_CONFIG", site.path("home/.docker").string()};

  SECTION("the home's are not looked at") {
    CHECK_THAT(failure_of(*engine, site, {bundle}),
               Contains("external: opm failed") && Contains("iib_docker_config_template"));
    CHECK(site.results().empty());
  }
  SECTION("those of the registry are enough") {
    bundle.auth_file = site.path("auth.json");
    write_login(bundle.auth_file, site.registry().address());
    CHECK(failure_of(*engine, site, {bundle}) == "accepted");
  }
  SECTION("those of the repository, too") {
    bundle.auth_file = site.path("auth.json");
    write_login(bundle.auth_file, site.registry().address() + "/bundles");
    CHECK(failure_of(*engine, site, {bundle}) == "accepted");
  }
  SECTION("those of another repository are not") {
    bundle.auth_file = site.path("auth.json");
    write_login(bundle.auth_file, site.registry().address() + "/other");
    CHECK_THAT(failure_of(*engine, site, {bundle}), Contains("iib_docker_config_template"));
  }
  CHECK(site.log().find(kEncoded) == std::string::npos);
  CHECK(site.log().find(kLogin.password) == std::string::npos);
}

TEST_CASE("opm says which bundle is not there", "[catalog][opm]") {
  NEEDS_OPM();
  EngineSite site;
  auto bundle = site.bundle("v1(1.0.0)");
  bundle.pull_spec = site.registry().address() + "/bundles:absent";

  CHECK_THAT(failure_of(*site.make_opm(), site, {bundle}),
             Contains("user: ") && Contains(bundle.pull_spec) && Contains("not found"));
}

TEST_CASE("a registry that is not insecure is spoken to with TLS only", "[catalog][opm]") {
  NEEDS_OPM();
  EngineSite site;
  auto bundle = site.bundle("v1(1.0.0)");
  bundle.insecure_registries.clear();

  CHECK_THAT(failure_of(*site.make_opm(), site, {bundle}),
             Contains("external: ") && Contains("iib_insecure_registries"));
}

TEST_CASE("the opm is chosen by the OCP version of the index", "[catalog][opm]") {
  NEEDS_REGISTRY();
  EngineSite site;
  const auto say = [&](const std::string& name) {
    return write_program(site, name, fmt::format("echo 'Error: I am {}' >&2\nexit 1\n", name))
        .string();
  };
  auto engine = site.make_opm({.program = say("opm-default"),
                               .programs = {{"v4.5", say("opm-45")}, {"v4.16", say("opm-416")}}});
  auto index = site.make_engine(EngineKind::embedded)
                   ->add({}, std::vector<catalog::BundleSource>{}, {}, site.work());
  const auto chosen = [&](const std::string& version) {
    index.ocp_version = version;
    try {
      (void)engine->prune_stranded(index, site.work());
    } catch (const catalog::Refused& refused) {
      return std::string{refused.what()};
    }
    return std::string{};
  };

  CHECK_THAT(chosen("v4.16"), Contains("I am opm-416"));
  CHECK_THAT(chosen("v4.17"), Contains("I am opm-default"));
  CHECK_THAT(chosen(""), Contains("I am opm-45"));
}

TEST_CASE("an opm that hangs, dies or says nothing leaves nothing", "[catalog][opm]") {
  NEEDS_REGISTRY();
  EngineSite site;
  const std::string body = GENERATE("sleep 60", "kill -9 $$", "exit 7", "echo 'unknown flag' >&2");
  CAPTURE(body);
  const auto program = write_program(site, "opm", body + "\n[ $? = 0 ] && exit 1\n");
  auto engine = site.make_opm({.program = program.string(), .limit = std::chrono::seconds{1}});

  CHECK_THAT(failure_of(*engine, site, {site.bundle("v1(1.0.0)")}), Contains("external: "));
  CHECK(site.results().empty());
}

TEST_CASE("opm deprecates in portions that do not tear packages apart", "[catalog][opm]") {
  NEEDS_REGISTRY();
  EngineSite site;
  const std::vector<catalog::BundleSource> bundles{
      site.bundle("a1(1.0.0; package pa)"), site.bundle("b1(1.0.0; package pb)"),
      site.bundle("a2(2.0.0; replaces a1; package pa)")};
  const auto index = site.make_engine(EngineKind::embedded)->add({}, bundles, {}, site.work());
  const auto seen = site.path("seen").string();
  const auto program = write_program(site, "opm", fmt::format("echo \"$@\" >>{}\n", seen));
  auto engine = site.make_opm({.program = program.string(), .deprecated_at_once = 2});
  const std::vector<std::string> pull_specs{bundles[0].pull_spec, bundles[1].pull_spec,
                                            bundles[2].pull_spec};

  (void)engine->deprecate(index, pull_specs, {}, site.work());

  const auto text = read_file(seen, 1UL << 20U);
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK_THAT(text, Contains(fmt::format("--bundle-images={} --bundle-images={} --database",
                                        bundles[0].pull_spec, bundles[2].pull_spec)));
}

TEST_CASE("opm sees a home, a working directory and arguments of our own", "[catalog][opm]") {
  NEEDS_REGISTRY();
  EngineSite site;
  const auto seen = site.path("seen").string();
  const auto program = write_program(
      site, "opm", fmt::format("{{ env; pwd; echo \"$@\"; }} >{}\ntouch left-behind\n", seen));
  auto engine = site.make_opm({.program = program.string()});
  auto bundle = site.bundle("v1(1.0.0)");
  bundle.auth_file = site.path("auth.json");
  write_login(bundle.auth_file, site.registry().address());
  const Variable home{"HOME", "/home/of-the-daemon"};

  const std::vector<catalog::BundleSource> bundles{bundle};
  (void)engine->add({}, bundles, {.enable_alpha = true}, site.work());

  const auto text = read_file(seen, 1UL << 20U);
  CHECK_THAT(text, Contains("registry add --mode=replaces --enable-alpha"));
  CHECK_THAT(text, Contains("--bundle-images=" + bundle.pull_spec));
  CHECK_THAT(text, Contains("DOCKER_CONFIG=" + site.path("work/opm-").string()));
  CHECK(text.find("/home/of-the-daemon") == std::string::npos);
  CHECK(text.find(kEncoded) == std::string::npos);
  CHECK(site.results().size() == 1);
}

}  // namespace iib::test
