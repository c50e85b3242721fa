#include "faulty_site.hpp"
#include "http_test_server.hpp"
#include "iib/base/error.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>

namespace iib::test {
namespace {

/// How many requests `work` makes.
template <class Work>
int requests_of(const FaultySite& site, Work&& work) {
  const auto before = site.proxy.seen("", "/v2/");
  work();
  return site.proxy.seen("", "/v2/") - before;
}

}  // namespace

TEST_CASE("what a build asks of a registry", "[image][embedded][requests]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  const auto engine = site.engine();
  const std::vector<std::string> one{"amd64"};
  const std::vector<std::string> four{"amd64", "arm64", "ppc64le", "s390x"};
  const auto requests = [&](const std::string& database, const auto& architectures) {
    return requests_of(site, [&] { site.build(*engine, database, architectures); });
  };
  (void)requests("first", one);  // reads and mounts the base

  SECTION("an image that is there: its manifest and the list") {
    CHECK(requests("first", one) == 2);
  }
  SECTION("a new layer: a look and an upload; and for each architecture a config and a manifest") {
    CHECK(requests("second", one) == 3 + 3 + 1);
    CHECK(requests("third", four) == 3 + 4 * 3 + 1);
    CHECK(requests("third", four) == 4 + 1);
  }
  site.check_final();
}

TEST_CASE("the database of an index is fetched once, one that was made here never",
          "[image][embedded][requests]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  auto engine = site.engine();
  const bool made_here = GENERATE(true, false);
  CAPTURE(made_here);
  const auto index = [&] {
    if (!made_here) {
      const OddBase other = base_of({{{"etc/name", "x"}}, {{"database/index.db", "the database"}}});
      return site.by_proxy("out").at(*site.push("out", other).digest());
    }
    const auto list = site.build(*engine, "the database", {"amd64"});
    const auto manifest = site.manifest_of(site.by_proxy("out").at(list));
    const std::string digest = manifest["manifests"][0]["digest"].GetString();
    return site.by_proxy("out").at(model::Digest::parse(digest));
  }();
  const auto fetched = [&] { return site.proxy.seen("GET", "/v2/out/blobs/"); };
  const auto read = [&] {
    const auto access = site.access();
    const std::vector<std::string> paths{"/database/index.db"};
    engine->extract(index, paths, access.work_directory / "out", access);
    return read_file(access.work_directory / "out/database/index.db", 100);
  };
  const int before = fetched();
  const int once = made_here ? 0 : 1;

  CHECK(read() == "the database");
  CHECK(fetched() == before + once);
  CHECK(read() == "the database");
  CHECK(fetched() == before + once);

  engine.reset();  // as a restart of the daemon does
  engine = site.engine();
  CHECK(read() == "the database");
  CHECK(fetched() == before + once);
}

TEST_CASE("a registry that has not got what it seemed to have is given it",
          "[image][embedded][requests]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  const auto engine = site.engine();
  SECTION("a blob that was seen, and is not there") {
    site.proxy.add(
        {.method = "HEAD", .path = "/v2/out/blobs/", .fault = answering(200), .times = 3});
    const auto list = site.build(*engine, "the database");
    CHECK(site.final_digest() == list.text());
  }
  SECTION("a manifest that is refused") {
    const auto list = site.build(*engine, "the database");
    const int status = GENERATE(400, 404);
    CAPTURE(status);
    // One for each image: a second refusal of the same one would be the end.
    for (const auto* image : {"build-amd64", "build-arm64"}) {
      site.proxy.add({.method = "PUT",
                      .path = fmt::format("/v2/out/manifests/{}", image),
                      .fault = answering(status),
                      .times = 1});
    }
    const auto looks = site.proxy.seen("HEAD", "/v2/out/blobs/");

    CHECK(site.build(*engine, "the database") == list);

    // Two layers of the base and the new one, which two architectures share, and two configs.
    CHECK(site.proxy.seen("HEAD", "/v2/out/blobs/") >= looks + 5);
  }
  site.check_final();
}

TEST_CASE("a manifest that the registry never takes fails the build",
          "[image][embedded][requests]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  site.proxy.add({.method = "PUT", .path = "/v2/out/manifests/build-", .fault = answering(400)});

  CHECK_THROWS_WITH(site.build(*site.engine(), "the database"), Catch::Contains("answered 400"));

  CHECK(site.final_digest().empty());
}

TEST_CASE("a token that ends between the layer and the manifest is renewed",
          "[image][embedded][requests]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  std::atomic<int> tokens{0};
  const HttpTestServer server{[&](const RawRequest& /*request*/) {
    return answer(200, fmt::format(R"({{"token":"token-{}","expires_in":3600}})", ++tokens));
  }};
  const auto refused = answering(
      401, fmt::format("WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"s\"\r\n",
                       server.address()));
  const auto phase = GENERATE(as<std::string>{}, "/v2/out/manifests/build-amd64",
                              "/v2/out/manifests/final", "/v2/out/blobs/uploads/");
  CAPTURE(phase);
  site.proxy.add({.method = "GET", .path = "/v2/base/", .fault = refused, .times = 1});
  const auto engine = site.engine();
  const auto before = site.build(*engine, "one", {"amd64"});
  const int tokens_before = tokens;
  REQUIRE(tokens_before > 0);
  site.proxy.add({.method = "PUT", .path = phase, .fault = refused, .times = 1});

  SECTION("in one try") {
    const auto list = site.build(*engine, "two", {"amd64"});
    CHECK(tokens == tokens_before + 1);
    CHECK(site.final_digest() == list.text());
  }
  SECTION("and when no other is given, the build fails and the final tag stays") {
    site.proxy.add({.method = "PUT", .path = phase, .fault = refused});
    CHECK_THROWS_WITH(site.build(*engine, "two", {"amd64"}), Catch::Contains("401"));
    CHECK(site.final_digest() == before.text());
  }
  site.check_final();
}

TEST_CASE("what one may read, another is not given", "[image][embedded][requests]") {
  if (const auto cause = cannot_run(EngineKind::embedded); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site{Login{"reader", "secret"}};
  const auto engine = site.make_engine(EngineKind::embedded);
  const auto base = site.push("base", {});
  const Secret token{"reader:secret"};
  const auto reader = site.access({.token = &token, .token_image = base});
  const Secret wrong{"reader:wrong"};
  const auto stranger = site.access({.token = &wrong, .token_image = base});

  CHECK(engine->config(base, reader).architecture == "amd64");
  CHECK_THROWS_AS(engine->config(base, stranger), ExternalError);
  CHECK_THROWS_AS(engine->manifest(base, site.access()), ExternalError);
  CHECK(engine->config(base, site.access({.token = &token, .token_image = base})).architecture ==
        "amd64");
}

}  // namespace iib::test
