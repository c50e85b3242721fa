#include "golden_case.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

/// The files of all cases, by name.
std::vector<fs::path> case_files(const fs::path& shared) {
  const char* only = std::getenv("IIBD_GOLDEN_ONLY");  // a part of a case's name
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{shared / "golden" / "regenerate"}) {
    const auto stem = entry.path().stem().string();
    if (entry.path().extension() != ".json" || stem.starts_with("vectors-")) continue;
    if (only == nullptr || stem.find(only) != std::string::npos) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("every golden case of regeneration comes out as the reference does it",
          "[bundle][golden]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  const auto files = case_files(*shared);

  std::size_t held = 0;
  for (const auto& file : files) {
    const GoldenCase golden{file};
    const auto core = golden.run("core");
    const auto later = golden.run("later");
    INFO(fmt::format("{}\ncore: {:.4000}\nlater: {:.4000}", file.stem().string(), core, later));
    CHECK((core.empty() && later.empty()));
    if (core.empty() && later.empty()) ++held;
  }

  std::cout << fmt::format("{} of {} cases of regenerate hold\n", held, files.size());
  CHECK(held > 0);
}

}  // namespace iib::test
