#include "../golden_support.hpp"
#include "catalog/fbc/render_bundle.hpp"
#include "catalog/fbc/writer.hpp"
#include "golden_blobs.hpp"
#include "iib/base/files.hpp"
#include "iib/base/log.hpp"
#include "iib/base/sha256.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>
#include <vector>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

constexpr std::size_t kLimit = 64UL << 20U;

/// Whether the text that `level` gives is the one of the golden file.
bool is_golden(const catalog::BundleSource& source, fbc::MigrateLevel level,
               const io::JsonValue& golden, bool tie) {
  const Log log{make_null_sink(), "test", LogLevel::error};
  const auto blob = fbc::render_bundle(source, level, log);
  const auto text = fbc::to_text(blob, fbc::Format::json);
  const auto found = comparable_blob(text);
  const auto expected = comparable_blob(*io::find_member(golden, "blob"));
  CHECK(found == expected);
  if (tie) return found == expected;
  const auto same = sha256_hex(text) == io::text_member(golden, "text_sha256");
  CHECK(same);
  return same && found == expected;
}

}  // namespace

TEST_CASE("bundle images are rendered as the reference renders them", "[fbc][golden]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  const auto bundles = corpus_bundles(*shared);
  std::size_t passed = 0;
  std::size_t count = 0;

  for (const auto& entry : fs::directory_iterator{*shared / "golden" / "fbc" / "render-bundle"}) {
    CAPTURE(entry.path().stem().string());
    const auto golden = io::parse_json(read_file(entry.path(), kLimit));
    const auto& source = bundles.at(std::string{io::text_member(golden, "key").value()});
    const bool tie = io::find_member(golden, "related_images_tie")->GetBool();
    const bool objects =
        is_golden(source, fbc::MigrateLevel::none, *io::find_member(golden, "opm-1.26.5"), tie);
    const bool metadata = is_golden(source, fbc::MigrateLevel::bundle_object_to_csv_metadata,
                                    *io::find_member(golden, "opm-1.47"), tie);
    ++count;
    if (objects && metadata) ++passed;
  }

  std::cout << "golden/fbc/render-bundle: " << passed << " of " << count << '\n';
  CHECK(count > 0);
}

}  // namespace iib::test
