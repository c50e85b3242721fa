#include "image/tool_failure.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

using iib::ExternalError;
using iib::UserError;
using iib::image::Cause;
using iib::image::cause_of;
using iib::image::cause_text;
using iib::image::Step;
using iib::image::throw_failure;
using iib::io::Exit;

const Step kReading{.subject = "r.io/ns/name:1", .action = "read", .registry = "r.io"};

Exit failed(const std::string& error_output) {
  Exit exit;
  exit.status = 1;
  exit.error_output = error_output;
  return exit;
}

}  // namespace

TEST_CASE("causes are recognised in what the tools write", "[image][failure]") {
  const auto [text, cause] = GENERATE(table<std::string, Cause>({
      {"reading manifest 1 in r/x: manifest unknown: manifest unknown", Cause::not_found},
      {"reading manifest 1 in r/x: name unknown: repository name not known to registry",
       Cause::not_found},
      {"reading manifest 1 in r/x: received unexpected HTTP status: 404 Not Found",
       Cause::not_found},
      {"reading manifest 1 in r/x: unauthorized: authentication required", Cause::not_allowed},
      {"unable to retrieve auth token: invalid username/password: unauthorized",
       Cause::not_allowed},
      {"reading manifest 1 in r/x: denied: requested access to the resource is denied",
       Cause::not_allowed},
      {"invalid status code from registry 403 (Forbidden)", Cause::not_allowed},
      {"invalid reference format: repository name must be lowercase", Cause::malformed_name},
      {"http: server gave HTTP response to HTTPS client", Cause::plain_http},
      {"x509: certificate signed by unknown authority", Cause::certificate},
      {"writing blob: write /tmp/x: no space left on device", Cause::disk_full},
      {"dial tcp 127.0.0.1:1: connect: connection refused", Cause::unreachable},
      {"received unexpected HTTP status: 503 Service Unavailable", Cause::registry_failed},
      {"toomanyrequests: slow down", Cause::registry_failed},
      {"writing manifest: uploading manifest 1 to r/x: manifest blob unknown: blob unknown to "
       "registry",
       Cause::registry_failed},
      {"reading manifest 1 in r/x: StatusCode: 404, ", Cause::not_found},
      {"initiating layer upload in r/x: StatusCode: 403, ", Cause::not_allowed},
      {"Error reading configuration blob: unexpected EOF", Cause::unreachable},
      {"mkdir /var/x: permission denied", Cause::other},
      {"context deadline exceeded", Cause::unreachable},
      {"net/http: TLS handshake timeout", Cause::unreachable},
      {"", Cause::other},
  }));
  CAPTURE(text);

  CHECK(cause_of(text) == cause);
}

TEST_CASE("the cause is one clean sentence", "[image][failure]") {
  const auto [text, clean] = GENERATE(table<std::string, std::string>({
      {"Getting image\ntime=\"2026-11-22T13:47:29Z\" level=fatal msg=\"Error parsing image name "
       "\\\"docker://r.io/x:1\\\": reading \\\"manifest\\\": manifest unknown\"\n",
       "reading \"manifest\": manifest unknown"},
      {"Error: writing blob: broken pipe\n", "writing blob: broken pipe"},
      {"Get \"https://cdn.r.io/b?X-Sig=abc&token=def\": EOF",
       "Get \"https://cdn.r.io/b?...\": EOF"},
      {"why? nobody knows", "why? nobody knows"},
      {"source containers-storage:[overlay@/var/lib/x/root+/var/lib/x/run]@23071d: EOF",
       "source containers-storage:@23071d: EOF"},
      {"a\tb\n\n", "a\\x09b"},
      {"Error: requesting bearer token: StatusCode: 403, \n",
       "requesting bearer token: StatusCode: 403"},
  }));

  CHECK(cause_text(text) == clean);
}

TEST_CASE("only what may pass is worth retrying", "[image][failure]") {
  const auto worth_retrying = [](const std::string& text) {
    try {
      throw_failure("skopeo", failed(text), kReading);
    } catch (const ExternalError& error) {
      return error.worth_retrying();
    }
    return false;
  };

  CHECK(worth_retrying("connection refused"));
  CHECK(worth_retrying("HTTP status: 500"));
  CHECK_FALSE(worth_retrying("unauthorized"));
  CHECK_FALSE(worth_retrying("x509: unknown authority"));
  CHECK_FALSE(worth_retrying("no space left on device"));
}

TEST_CASE("a failure names thing, action, cause and remedy", "[image][failure]") {
  CHECK_THROWS_WITH(throw_failure("skopeo", failed("Error: unauthorized"), kReading),
                    "r.io/ns/name:1 cannot be read: unauthorized; check the credentials for r.io "
                    "in iib_docker_config_template, or those given with the request");
  CHECK_THROWS_WITH(throw_failure("skopeo", failed(""), kReading),
                    Catch::Contains("skopeo ended with status 1"));
}

TEST_CASE("what is absent is the user's mistake only if the user named it", "[image][failure]") {
  auto pushing = kReading;
  pushing.named_by_user = false;

  CHECK_THROWS_AS(throw_failure("skopeo", failed("manifest unknown"), kReading), UserError);
  CHECK_THROWS_AS(throw_failure("buildah", failed("name unknown"), pushing), ExternalError);
}

TEST_CASE("death of a tool by a signal is told and worth another try", "[image][failure]") {
  Exit exit;
  exit.status = -1;
  exit.signal = 9;

  try {
    throw_failure("buildah", exit, kReading);
    FAIL("it must throw");
  } catch (const ExternalError& error) {
    CHECK(error.worth_retrying());
    CHECK_THAT(error.what(), Catch::Contains("signal 9"));
  }
}
