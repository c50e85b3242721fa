#include "../golden_support.hpp"
#include "../index_fixture.hpp"
#include "catalog/fbc/blob_parser.hpp"
#include "golden_blobs.hpp"
#include "iib/base/files.hpp"
#include "iib/base/sha256.hpp"
#include "iib/catalog/fbc.hpp"
#include "iib/catalog/fbc_render.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

constexpr std::size_t kLimit = 64UL << 20U;

/// Adds the bundles of the golden steps, those that are refused too.
void add_all(const io::JsonValue& golden,
             const std::map<std::string, catalog::BundleSource>& bundles, IndexFixture& fixture) {
  for (const auto& step : io::find_member(golden, "steps")->GetArray()) {
    std::vector<catalog::BundleSource> given;
    for (const auto& key : io::find_member(step, "bundles")->GetArray()) {
      given.push_back(bundles.at(key.GetString()));
    }
    bool added = true;
    try {
      fixture.index = fixture.engine.add(fixture.index, given, {}, fixture.work());
    } catch (const UserError&) {
      added = false;
    }
    REQUIRE(added == io::find_member(step, "ok")->GetBool());
  }
}

std::vector<std::string> comparable_file(const fs::path& path) {
  std::vector<std::string> blobs;
  fbc::BlobReader reader{path};
  while (const auto raw = reader.next()) blobs.push_back(comparable_blob(std::string{raw->text}));
  return blobs;
}

bool is_golden_file(const fs::path& path, const io::JsonValue& golden) {
  const auto found = comparable_file(path);
  std::vector<std::string> expected;
  for (const auto& blob : io::find_member(golden, "blobs")->GetArray()) {
    expected.push_back(comparable_blob(blob));
  }
  CHECK(found == expected);
  if (!io::find_member(golden, "related_images_tie")->GetArray().Empty()) return found == expected;
  const bool same = sha256_hex(read_file(path, kLimit)) == io::text_member(golden, "text_sha256");
  CHECK(same);
  return same && found == expected;
}

}  // namespace

TEST_CASE("databases become catalogs as the reference makes them", "[fbc][golden]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  const auto bundles = corpus_bundles(*shared);
  std::size_t passed = 0;
  std::size_t count = 0;

  for (const auto& entry : fs::directory_iterator{*shared / "golden" / "fbc" / "migrate"}) {
    CAPTURE(entry.path().stem().string());
    const auto golden = io::parse_json(read_file(entry.path(), kLimit));
    IndexFixture fixture;
    add_all(golden, bundles, fixture);
    const TempDir output{fs::temp_directory_path()};

    const auto packages = fbc::migrate(fixture.index.value(), output.path(), {}, fixture.work());

    bool good = fbc::validate(output.path()).problems.empty();
    CHECK(good);
    const auto files = io::find_member(golden, "files")->GetObject();
    CHECK(packages.size() == files.MemberCount());
    for (const auto& [name, file] : files) {
      good = is_golden_file(output.path() / name.GetString(), file) && good;
    }
    ++count;
    if (good) ++passed;
  }

  std::cout << "golden/fbc/migrate: " << passed << " of " << count << '\n';
  CHECK(count > 0);
}

}  // namespace iib::test
