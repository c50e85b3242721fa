#include "golden.hpp"
#include "site.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>
#include <regex>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

Rows highest_versions(Site& site, const io::JsonDocument& document) {
  INFO(text_of(document, "state_reason"));
  REQUIRE(text_of(document, "state") == "complete");
  IndexDatabase database{site.registry(), text_of(document, "index_image")};
  return database.query(
      "SELECT operatorbundle_name, value FROM properties WHERE type = 'olm.maxOpenShiftVersion' "
      "ORDER BY 1");
}

/// The sample bundle with an object of an API that Kubernetes 1.22 removed.
TestImage bundle_with_ingress(const fs::path& scratch) {
  fs::copy(sample_bundle("otter-operator", "0.1.0"), scratch, fs::copy_options::recursive);
  std::ofstream{scratch / "manifests" / "ingress.yaml"}
      << "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: otter}\n";
  return bundle_image(scratch);
}

/// A copy of a bundle whose ClusterServiceVersion has no annotation `olm.properties`.
fs::path without_properties(const fs::path& bundle, const fs::path& copy) {
  fs::copy(bundle, copy, fs::copy_options::recursive);
  for (const auto& file : fs::directory_iterator{copy / "manifests"}) {
    const auto text = read_file(file.path(), 1'000'000);
    std::ofstream{file.path()} << std::regex_replace(text, std::regex{" *olm\\.properties:.*\n"},
                                                     "");
  }
  return copy;
}

}  // namespace

TEST_CASE("a bundle with removed APIs is kept from later clusters where the operator wants it so",
          "[parameters]") {
  IIBD_NEEDS_TOOLS();
  Site site;
  site.use_image_engine(IIBD_EACH_IMAGE_ENGINE());
  const bool wanted = GENERATE(true, false);
  Daemon daemon{site.state(),
                site.configuration(fmt::format("iib_max_ocp_version_property: {}\n", wanted))};
  daemon.start();
  const auto otter = site.push_image("otter", bundle_with_ingress(site.directory() / "otter"));
  const std::vector bundles{otter, site.push_bundle("heron-operator", "1.0.0"),
                            site.push_bundle("heron-operator", "1.1.0")};  // tells 4.16 by itself
  const auto document = build(daemon, "add", site.add_body(bundles, {.add_arches = {"amd64"}}));
  Rows expected{{"heron-operator.v1.1.0", "\"4.16\""}};
  if (wanted) expected.push_back({"otter-operator.v0.1.0", "4.8"});
  CHECK(highest_versions(site, document) == expected);
}

TEST_CASE("real bundles with old custom resource definitions get the property if they lost theirs",
          "[parameters][corpus]") {
  IIBD_NEEDS_TOOLS();
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("needs the shared corpus: set IIBD_SHARED");
  const auto corpus = read_corpus(*shared);
  Site site;
  site.use_image_engine("embedded");
  Daemon daemon{site.state(), site.configuration("iib_max_ocp_version_property: true\n")};
  daemon.start();
  const auto push = [&](const std::string& package, const fs::path& directory) {
    return site.push_image(package, bundle_image(directory));
  };
  const auto stripped = without_properties(corpus.at("must-gather-operator/0.1.1").directory,
                                           site.directory() / "stripped");
  const std::vector bundles{
      push("must-gather-operator", stripped),
      push("lib-bucket", corpus.at("lib-bucket-provisioner/1.0.0").directory),
      push("pelorus-operator", corpus.at("pelorus-operator/0.0.1").directory)};
  const auto document = build(daemon, "add", site.add_body(bundles, {.add_arches = {"amd64"}}));
  CHECK(highest_versions(site, document) ==
        Rows{{"lib-bucket-provisioner.v1.0.0", "\"4.8\""}, {"must-gather-operator.v0.1.1", "4.8"}});
}

}  // namespace iib::test
