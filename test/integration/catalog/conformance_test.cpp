#include "behaviours.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

void check_all(EngineKind kind) {
  for (const auto& behaviour : behaviours()) {
    DYNAMIC_SECTION(behaviour.name) {
      EngineSite site;
      behaviour.check(site, *site.make_engine(kind));
    }
  }
}

}  // namespace

TEST_CASE("the embedded engine does what every engine does", "[catalog][engines]") {
  if (!have_programs({"docker-registry"})) IIBD_SKIP("needs docker-registry on PATH");
  check_all(EngineKind::embedded);
}

TEST_CASE("the opm engine does what every engine does", "[catalog][engines]") {
  if (!have_programs({"docker-registry", "opm"})) {
    IIBD_SKIP("needs docker-registry and opm on PATH");
  }
  check_all(EngineKind::opm);
}

}  // namespace iib::test
