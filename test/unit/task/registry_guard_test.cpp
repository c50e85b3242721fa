#include "task/registry_guard.hpp"

#include "iib/base/error.hpp"
#include "task/bundle_lookup.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iib;
using namespace iib::task;
using Catch::Matchers::Contains;

namespace {

Settings settings() {
  return {.registry = "127.0.0.1:5000/results",
          .push_template = {},
          .output_registry = {},
          .docker_config_template = {},
          .insecure_registries = {"localhost:5001"},
          .work_root = {}};
}

Settings allowing(std::vector<std::string> registries) {
  auto result = settings();
  result.allowed_registries = std::move(registries);
  return result;
}

Address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

/// What the guard says of `registry`; empty when it may be asked.
std::string refusal(RegistryGuard& guard, const std::string& registry) {
  try {
    guard.check_name(registry);
    guard.check_address(registry, {});
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("no form of a loopback or link-local address is asked", "[registry guard]") {
  const std::string host = GENERATE(
      "127.0.0.1", "127.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
      "017700000001", "0.0.0.0", "0", "0.1.2.3", "169.254.169.254", "2852039166", "169.254.43518",
      "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
      "[::127.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]", "[fe80::1]", "[febf::1]",
      "localhost", "LOCALHOST", "localhost.", "registry.localhost");
  RegistryGuard guard{settings()};
  CAPTURE(host);

  for (const std::string port : {"", ":80", ":5002"}) {
    const auto registry = host + port;
    CHECK_THAT(refusal(guard, registry),
               Contains("registry " + registry + " ") && Contains("iib_allowed_registries"));
  }
}

TEST_CASE("a name is refused when any of its addresses leads inside", "[registry guard]") {
  std::vector<std::string> asked;
  RegistryGuard guard{settings(), [&](const std::string& host) -> std::vector<Address> {
                        asked.push_back(host);
                        if (host == "inside.example.com") {
                          return {ipv4(192, 0, 2, 1), ipv4(127, 0, 0, 1)};
                        }
                        if (host == "absent.example.com") return {};
                        return {ipv4(192, 0, 2, 1)};
                      }};

  CHECK_THAT(refusal(guard, "inside.example.com"), Contains("loopback or link-local"));
  CHECK(refusal(guard, "quay.example.com:8443").empty());
  CHECK(refusal(guard, "absent.example.com").empty());  // whoever connects tells it better

  SECTION("and asked for once per host, whatever the port and case") {
    asked.clear();
    CHECK(refusal(guard, "quay.example.com").empty());
    CHECK(refusal(guard, "QUAY.example.com:1").empty());
    CHECK_FALSE(refusal(guard, "inside.example.com:2").empty());
    CHECK(asked.empty());
  }
}

TEST_CASE("addresses that lead outside are no secret places", "[registry guard]") {
  CHECK_FALSE(leads_inside(ipv4(192, 0, 2, 1)));
  CHECK_FALSE(leads_inside(ipv4(10, 0, 0, 1)));  // private, but where registries are
  CHECK_FALSE(leads_inside(ipv4(128, 0, 0, 1)));
  CHECK_FALSE(leads_inside(ipv4(169, 253, 1, 1)));
  CHECK_FALSE(leads_inside({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  CHECK_FALSE(leads_inside({0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST_CASE("what the configuration names may be anywhere", "[registry guard]") {
  const auto never = [](const std::string&) -> std::vector<Address> {
    throw UserError{"nobody should ask"};
  };
  RegistryGuard guard{settings(), never};
  CHECK(refusal(guard, "127.0.0.1:5000").empty());
  CHECK(refusal(guard, "Localhost:5001").empty());

  RegistryGuard listing{allowing({"[::1]:7000", "127.0.0.1:7000"}), never};
  CHECK(refusal(listing, "[::1]:7000").empty());
  CHECK(refusal(listing, "127.0.0.1:7000").empty());
}

TEST_CASE("another port of a trusted host is another registry", "[registry guard]") {
  RegistryGuard guard{settings()};

  CHECK_FALSE(refusal(guard, "127.0.0.1:5001").empty());
  CHECK_FALSE(refusal(guard, "127.0.0.1").empty());
  CHECK_FALSE(refusal(guard, "127.1:5000").empty());
}

TEST_CASE("only listed registries are asked once there is a list", "[registry guard]") {
  RegistryGuard guard{allowing({"quay.io", "Registry.example.com:5000"}),
                      [](const std::string&) { return std::vector<Address>{}; }};

  CHECK(refusal(guard, "quay.io").empty());
  CHECK(refusal(guard, "registry.example.com:5000").empty());
  const std::string registry = GENERATE("docker.io", "quay.io:443", "quay.io.example.com",
                                        "registry.example.com", "127.0.0.1:5000");
  CHECK_THAT(refusal(guard, registry), Contains(registry) && Contains("iib_allowed_registries"));
}

TEST_CASE("what is no host is not asked for", "[registry guard]") {
  RegistryGuard guard{settings()};
  const std::string registry = GENERATE("", ":5000", "::1", "::1:5000", "[::1", "[]", "[::1]5000");
  CAPTURE(registry);

  CHECK_FALSE(refusal(guard, registry).empty());
}

TEST_CASE("the registry of a pull specification is the one that is asked", "[registry guard]") {
  const auto [pull_spec, registry, text] = GENERATE(table<std::string, std::string, std::string>({
      {"busybox:latest", "docker.io", "docker.io/library/busybox:latest"},
      {"acme/widget:v1", "docker.io", "docker.io/acme/widget:v1"},
      {"localhost/a:1", "localhost", "localhost/a:1"},
      {"localhost:5000/a:1", "localhost:5000", "localhost:5000/a:1"},
      {"quay.io/a/b/c:1", "quay.io", "quay.io/a/b/c:1"},
      {"127.1/a:1", "127.1", "127.1/a:1"},
      {"[::1]:5000/a:1", "[::1]:5000", "[::1]:5000/a:1"},
  }));
  CAPTURE(pull_spec);

  const auto reference = bundle_reference(pull_spec);
  CHECK(reference.registry() == registry);
  CHECK(reference.text() == text);
}

TEST_CASE("a tag beside a digest is dropped, since tools refuse both", "[registry guard]") {
  const std::string digest = "sha256:" + std::string(64, 'a');

  CHECK(bundle_reference("quay.io/a/b:1@" + digest).text() == "quay.io/a/b@" + digest);
  CHECK_THROWS_AS(bundle_reference("quay.io/a/b:1 x"), UserError);
  CHECK_THROWS_AS(bundle_reference("quay.io/A/b@sha256:12"), UserError);
}
