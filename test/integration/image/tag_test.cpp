#include "faulty_site.hpp"
#include "iib/base/error.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

namespace iib::test {

TEMPLATE_LIST_TEST_CASE("a tag is written by one request, whatever becomes of its answer",
                        "[image][engines][faults]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  FaultySite site;
  const auto engine =
      site.make_engine(TestType::kind, "by-proxy", {site.proxy.address(), site.registry.address()});
  const auto list = model::Digest::parse(site.registry.push_base("from", "1", {"amd64", "arm64"}));
  const auto source = site.by_proxy("from").at(list);
  const auto access = site.access();
  engine->copy(source, site.by_proxy("out").at(list), access);
  REQUIRE(site.final_digest().empty());

  for (const auto kind : {Fault::Kind::reset, Fault::Kind::answer, Fault::Kind::lost}) {
    CAPTURE(static_cast<int>(kind));
    const auto seen = site.proxy.seen("PUT", "/v2/out/manifests/final");
    site.proxy.add({.method = "PUT",
                    .path = "/v2/out/manifests/final",
                    .fault = {.kind = kind, .status = 500},
                    .times = 1});
    CHECK_THROWS_AS(engine->put_tag(source, site.by_proxy(kFinal), access), ExternalError);
    CHECK(site.proxy.seen("PUT", "/v2/out/manifests/final") == seen + 1);
    CHECK(site.final_digest() == (kind == Fault::Kind::lost ? list.text() : ""));
  }
  engine->put_tag(source, site.by_proxy(kFinal), access);
  CHECK(site.final_digest() == list.text());
  site.check_final();
}

}  // namespace iib::test
