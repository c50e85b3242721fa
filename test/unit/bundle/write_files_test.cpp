#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/bundle/regenerate.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <filesystem>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

/// A bundle on the disk with the manifests `a.yaml` and `sub/b.yaml`.
class Unpacked {
 public:
  Unpacked() {
    fs::create_directories(manifests() / "sub");
    fs::create_directories(metadata());
    write_file_atomically(manifests() / "a.yaml", "a");
    write_file_atomically(manifests() / "sub" / "b.yaml", "b", 0600);
    write_file_atomically(metadata() / "annotations.yaml", "c");
  }

  [[nodiscard]] fs::path manifests() const { return root_.path() / "m"; }
  [[nodiscard]] fs::path metadata() const { return root_.path() / "d"; }
  [[nodiscard]] std::string text(const fs::path& path) const {
    return read_file(root_.path() / path, 100);
  }
  /// All files, temporary ones too.
  [[nodiscard]] std::ptrdiff_t files() const {
    const auto everything = fs::recursive_directory_iterator{root_.path()};
    return std::count_if(fs::begin(everything), fs::end(everything),
                         [](const auto& entry) { return entry.is_regular_file(); });
  }

 private:
  TempDir root_{fs::temp_directory_path(), "iibd-write-"};
};

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("changed files are written in place, with their modes", "[bundle]") {
  const Unpacked bundle;
  fs::permissions(bundle.manifests() / "a.yaml", fs::perms{0754});

  bundle::write_files({{"manifests/a.yaml", "new a"},
                       {"manifests/sub/b.yaml", "new b"},
                       {"metadata/annotations.yaml", "new c"}},
                      bundle.manifests(), bundle.metadata());

  CHECK(bundle.text("m/a.yaml") == "new a");
  CHECK(bundle.text("m/sub/b.yaml") == "new b");
  CHECK(bundle.text("d/annotations.yaml") == "new c");
  CHECK(mode_of(bundle.manifests() / "a.yaml") == 0754);
  CHECK(mode_of(bundle.manifests() / "sub" / "b.yaml") == 0600);
  CHECK(bundle.files() == 3);
}

TEST_CASE("no file is changed unless all can be written", "[bundle]") {
  const Unpacked bundle;

  CHECK_THROWS_WITH(
      bundle::write_files({{"manifests/a.yaml", "new a"}, {"manifests/gone/b.yaml", "new b"}},
                          bundle.manifests(), bundle.metadata()),
      Contains("gone/b.yaml"));

  CHECK(bundle.text("m/a.yaml") == "a");
  CHECK(bundle.files() == 3);
}

TEST_CASE("a path outside the bundle is a mistake of ours", "[bundle]") {
  const Unpacked bundle;

  CHECK_THROWS_AS(
      bundle::write_files({{"elsewhere/a.yaml", "x"}}, bundle.manifests(), bundle.metadata()),
      std::logic_error);
}

}  // namespace iib::test
