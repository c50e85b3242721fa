#include "file_site.hpp"
#include "served_index.hpp"

#include <catch2/catch.hpp>

#include <fstream>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

/// The sample bundle with an object of an API that Kubernetes 1.22 removed.
TestImage bundle_with_ingress(const fs::path& scratch) {
  fs::copy(sample_bundle("otter-operator", "0.1.0"), scratch, fs::copy_options::recursive);
  std::ofstream{scratch / "manifests" / "ingress.yaml"}
      << "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: otter}\n";
  return bundle_image(scratch);
}

}  // namespace

TEST_CASE("a bundle with removed APIs says in the catalog, too, which clusters it is not for",
          "[fbc][parameters]") {
  IIBD_NEEDS_TOOLS();
  FileSite test{"iib_max_ocp_version_property: true\n"};
  test.site.push_image("otter", bundle_with_ingress(test.site.directory() / "otter"));
  const auto otter = test.site.by_proxy("otter:latest");

  const auto index = test.make_index("v4.6", {otter, test.push_bundle("heron-operator", "1.0.0")},
                                     {test.push_fragment("tern", "1.0.0")});

  const ServedIndex served{test.site.registry(), index};
  CHECK(served.check().state == catalog::fbc::CacheState::up_to_date);
  // The text 4.8 of the database is a number in JSON (catalog-fbc 1.4).
  CHECK_THAT(served.read("otter-operator/catalog.json"),
             Contains("\"type\": \"olm.maxOpenShiftVersion\",\n            \"value\": 4.8\n"));
  CHECK_THAT(served.read("heron-operator/catalog.json"), !Contains("olm.maxOpenShiftVersion"));
  SQLite::Database database{served.database().string()};
  CHECK(database
            .execAndGet("SELECT operatorbundle_name || ' ' || value FROM properties "
                        "WHERE type = 'olm.maxOpenShiftVersion'")
            .getString() == "otter-operator.v0.1.0 4.8");
}

}  // namespace iib::test
