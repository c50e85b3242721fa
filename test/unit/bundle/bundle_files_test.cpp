#include "iib/bundle/bundle_files.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/bundle/refusal.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

using namespace iib;
using namespace iib::bundle;
using Catch::Matchers::Contains;

namespace fs = std::filesystem;

namespace {

/// A bundle's two directories.
class Directories {
 public:
  Directories() {
    fs::create_directory(manifests());
    fs::create_directory(metadata());
  }

  [[nodiscard]] fs::path manifests() const { return directory_.path() / "manifests"; }
  [[nodiscard]] fs::path metadata() const { return directory_.path() / "metadata"; }

  void write(std::string_view path, std::string_view text) const {
    const auto file = directory_.path() / path;
    fs::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
  }

  [[nodiscard]] BundleFiles read(const BundleLimits& limits = {}) const {
    return read_bundle(manifests(), metadata(), limits);
  }

  [[nodiscard]] Refusal refusal(const BundleLimits& limits = {}) const {
    try {
      (void)read(limits);
    } catch (const Refusal& refusal) {
      return refusal;
    }
    throw std::logic_error{"nothing was refused"};
  }

 private:
  TempDir directory_{fs::temp_directory_path()};
};

}  // namespace

TEST_CASE("every .yaml and .yml below the manifests is read, in the order of the paths",
          "[bundle]") {
  const Directories bundle;
  bundle.write("manifests/b.yaml", "b\r\n");
  bundle.write("manifests/a.yml", "");
  bundle.write("manifests/sub/deep/c.yaml", "c");
  bundle.write("manifests/sub.yaml", "s");
  for (const auto* other : {"d.json", "e.yaml.bak", "f.YAML", "yaml", "g.txt"}) {
    bundle.write(std::string{"manifests/"} + other, "no");
  }
  bundle.write("metadata/annotations.yaml", "annotations: {}\n");
  bundle.write("metadata/other.yaml", "no");

  const auto files = bundle.read();

  REQUIRE(files.manifests.size() == 4);
  CHECK(files.manifests[0].path == "a.yml");
  CHECK(files.manifests[1].path == "b.yaml");
  CHECK(files.manifests[1].text == "b\r\n");
  CHECK(files.manifests[2].path == "sub.yaml");
  CHECK(files.manifests[3].path == "sub/deep/c.yaml");
  CHECK(files.manifests[3].text == "c");
  CHECK(files.annotations == "annotations: {}\n");
}

TEST_CASE("a bundle may lack the annotations file and the directory it belongs to", "[bundle]") {
  const Directories bundle;
  bundle.write("metadata/annotations.yml", "annotations: {}\n");
  CHECK_FALSE(bundle.read().annotations.has_value());

  fs::remove_all(bundle.metadata());
  CHECK_FALSE(bundle.read().annotations.has_value());
}

TEST_CASE("a bundle without a directory of manifests is refused", "[bundle]") {
  const Directories bundle;
  fs::remove(bundle.manifests());
  SECTION("nothing there") {}
  SECTION("a file") {
    bundle.write("manifests", "text");
  }
  SECTION("a link") {
    fs::create_directory_symlink(bundle.metadata(), bundle.manifests());
  }

  const auto refusal = bundle.refusal();

  CHECK(refusal.code() == RefusalCode::malformed_csv);
  CHECK_THAT(refusal.what(), Contains("no directory manifests"));
}

TEST_CASE("a bundle is read within its bounds", "[bundle]") {
  const Directories bundle;
  bundle.write("manifests/a.yaml", "1234");
  bundle.write("manifests/b.yaml", "12345");

  CHECK(bundle.read({.manifest_bytes = 5, .total_bytes = 9, .files = 2}).manifests.size() == 2);
  SECTION("of a file") {
    const auto refusal = bundle.refusal({.manifest_bytes = 4});
    CHECK(refusal.code() == RefusalCode::malformed_csv);
    CHECK(refusal.file() == "manifests/b.yaml");
    CHECK_THAT(refusal.what(), Contains("manifests/b.yaml is 5 bytes long; the limit is 4"));
  }
  SECTION("of all files together, the annotations among them") {
    bundle.write("metadata/annotations.yaml", "1");
    const auto refusal = bundle.refusal({.total_bytes = 9});
    CHECK(refusal.code() == RefusalCode::malformed_csv);
    CHECK(refusal.file() == "metadata/annotations.yaml");
    CHECK_THAT(refusal.what(), Contains("longer than 9 bytes together"));
  }
  SECTION("of the number of files") {
    const auto refusal = bundle.refusal({.files = 1});
    CHECK(refusal.code() == RefusalCode::malformed_csv);
    CHECK_THAT(refusal.what(), Contains("more than 1 manifests"));
  }
  SECTION("of folders in folders") {
    std::string path = "manifests/";
    for (int i = 0; i < 40; ++i) path += "d/";
    bundle.write(path + "c.yaml", "");
    CHECK_THAT(bundle.refusal().what(), Contains("more than 32 deep"));
  }
}

TEST_CASE("a symbolic link is never followed out of the bundle", "[bundle]") {
  const Directories bundle;
  bundle.write("outside/secret.yaml", "secret");
  const auto outside = bundle.manifests().parent_path() / "outside";

  SECTION("as a manifest") {
    fs::create_symlink(outside / "secret.yaml", bundle.manifests() / "a.yaml");
    const auto refusal = bundle.refusal();
    CHECK(refusal.code() == RefusalCode::malformed_csv);
    CHECK_THAT(refusal.what(), Contains("manifests/a.yaml is a symbolic link"));
  }
  SECTION("as a folder") {
    fs::create_directory_symlink(outside, bundle.manifests() / "sub");
    CHECK(bundle.read().manifests.empty());
  }
  SECTION("as the annotations file") {
    fs::create_symlink(outside / "secret.yaml", bundle.metadata() / "annotations.yaml");
    const auto refusal = bundle.refusal();
    CHECK(refusal.code() == RefusalCode::annotations_yaml_missing);
    CHECK_THAT(refusal.what(), Contains("metadata/annotations.yaml is a symbolic link"));
  }
}

TEST_CASE("a manifest that cannot be read is the disk's failure, not the bundle's", "[bundle]") {
  const Directories bundle;
  bundle.write("manifests/sub/a.yaml", "");
  fs::permissions(bundle.manifests() / "sub", fs::perms::none);
  std::error_code denied;
  const fs::directory_iterator readable{bundle.manifests() / "sub", denied};

  if (denied) CHECK_THROWS_AS(bundle.read(), ExternalError);  // root may read all
  fs::permissions(bundle.manifests() / "sub", fs::perms::owner_all);
}
