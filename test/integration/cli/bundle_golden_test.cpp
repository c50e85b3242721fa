#include "bundle_golden.hpp"

#include "shared_data.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <vector>

namespace fs = std::filesystem;

TEST_CASE("regenerate makes every golden case as the reference does", "[cli][golden]") {
  const auto shared = iib::test::shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{*shared / "golden" / "regenerate"}) {
    const auto stem = entry.path().stem().string();
    if (entry.path().extension() != ".json" || stem.starts_with("vectors-")) continue;
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());

  std::size_t held = 0;
  for (const auto& file : files) {
    const iib::test::GoldenCommand golden{file};
    const auto core = golden.run("core");
    const auto later = golden.run("later");
    INFO(fmt::format("{}\ncore: {:.4000}\nlater: {:.4000}", file.stem().string(), core, later));
    const bool holds = core.empty() && later.empty();
    CHECK(holds);
    if (holds) ++held;
  }

  std::cout << fmt::format("{} of {} cases hold through `iibd bundle regenerate`\n", held,
                           files.size());
  CHECK(held > 0);
}
