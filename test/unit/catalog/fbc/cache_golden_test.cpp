#include "../golden_support.hpp"
#include "iib/base/files.hpp"
#include "iib/base/sha256.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "skip.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <string>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;
using Texts = std::map<std::string, std::string>;

constexpr std::size_t kLimit = 64UL << 20U;

std::string text_of(const io::JsonValue& value) {
  return {value.GetString(), value.GetStringLength()};
}

unsigned mode_of(const io::JsonValue& octal) {
  return static_cast<unsigned>(std::stoul(text_of(octal), nullptr, 8));
}

/// Writes the catalog of a golden file, and tells its modes.
fbc::RootModes write_catalog(const CatalogTree& tree, const io::JsonValue& golden) {
  fbc::RootModes modes;
  for (const auto& [name, mode] : io::find_member(golden, "directories")->GetObject()) {
    fs::create_directories(tree.root() / text_of(name));
    modes.exceptions.emplace(text_of(name), mode_of(mode));
  }
  for (const auto& [name, file] : io::find_member(golden, "files")->GetObject()) {
    if (const auto target = io::text_member(file, "symlink")) {
      tree.link(text_of(name), std::string{*target});
      continue;
    }
    std::string content;
    if (const auto* lines = io::find_member(file, "lines")) {
      for (const auto& line : lines->GetArray()) content += text_of(line) + '\n';
    }
    tree.write(text_of(name), content);
    modes.exceptions.emplace(text_of(name), mode_of(*io::find_member(file, "mode")));
  }
  return modes;
}

/// The files of a cache with their hashes.
Texts hashes_in(const fs::path& directory) {
  Texts hashes;
  for (const auto& entry : fs::directory_iterator{directory}) {
    hashes.emplace(entry.path().filename().string(), sha256_hex(read_file(entry.path(), kLimit)));
  }
  return hashes;
}

Texts texts_of(const io::JsonValue* object) {
  Texts texts;
  if (object == nullptr) return texts;
  for (const auto& [name, value] : object->GetObject()) {
    texts.emplace(text_of(name), text_of(value));
  }
  return texts;
}

}  // namespace

TEST_CASE("serve caches are those of the reference, byte for byte", "[fbc][cache][golden]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  const auto files = golden_cases(*shared, "cache");
  std::size_t passed = 0;

  for (const auto& file : files) {
    CAPTURE(file.stem().string());
    const auto golden = io::parse_json(read_file(file, kLimit));
    const CatalogTree tree;
    const auto modes = write_catalog(tree, golden);
    const auto directory = tree.root().parent_path() / "served";

    const auto made = fbc::write_cache(tree.root(), directory, {.modes = modes});

    const auto digest = io::text_member(golden, "digest").value();
    const auto found = hashes_in(directory / "cache");
    const auto expected = texts_of(io::find_member(golden, "cache"));
    CHECK(made.digest == digest);
    CHECK(read_file(directory / "digest", kLimit) == digest);
    CHECK(found == expected);
    for (const auto& [name, text] : texts_of(io::find_member(golden, "cache_text"))) {
      CHECK(read_file(directory / "cache" / name, kLimit) == text);
    }
    const auto check = fbc::check_cache(tree.root(), directory, modes);
    CHECK(check.state == fbc::CacheState::up_to_date);
    if (made.digest == digest && found == expected) ++passed;
  }

  std::cout << "golden/fbc/cache: " << passed << " of " << files.size() << '\n';
}

}  // namespace iib::test
