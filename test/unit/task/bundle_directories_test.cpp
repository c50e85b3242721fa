#include "task/bundle_directories.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace iib;
using namespace iib::task;
namespace fs = std::filesystem;

namespace {

constexpr auto kManifests = "operators.operatorframework.io.bundle.manifests.v1";
constexpr auto kMetadata = "operators.operatorframework.io.bundle.metadata.v1";

}  // namespace

TEST_CASE("a bundle keeps its files where its labels say", "[bundle directories]") {
  const auto [label, place] = GENERATE(table<std::string, std::string>({
      {"manifests/", "manifests"},
      {"/manifests/", "manifests"},
      {"", "manifests"},
      {"deploy/./bundle//yaml", "deploy/bundle/yaml"},
      {"///a", "a"},
  }));
  CAPTURE(label);

  const auto directories = BundleDirectories::of({{kManifests, label}});
  CHECK(directories.manifests == place);
  CHECK(directories.metadata == "metadata");
}

TEST_CASE("a label that names no directory of the image is refused", "[bundle directories]") {
  const std::string label = GENERATE("/", ".", "./", "..", "../etc", "a/../..", "a/..", "//");
  CAPTURE(label);

  CHECK_THROWS_WITH(BundleDirectories::of({{kMetadata, label}}),
                    Catch::Contains(kMetadata) && Catch::Contains("'" + label + "'"));
}

TEST_CASE("all regular files of both directories come with their modes", "[bundle directories]") {
  const TempDir root{fs::temp_directory_path()};
  fs::create_directories(root.path() / "manifests" / "deep");
  fs::create_directories(root.path() / "metadata");
  write_file_atomically(root.path() / "manifests" / "b.yaml", "b", 0600);
  write_file_atomically(root.path() / "manifests" / "deep" / "a.txt", "a", 0755);
  write_file_atomically(root.path() / "metadata" / "annotations.yaml", "m", 0644);
  fs::create_symlink("b.yaml", root.path() / "manifests" / "link.yaml");

  const auto files = layer_files(root.path(), {});

  REQUIRE(files.size() == 3);
  CHECK(files[0].target == "/manifests/b.yaml");
  CHECK(files[0].source == root.path() / "manifests" / "b.yaml");
  CHECK(files[0].mode == 0600);
  CHECK(files[1].target == "/manifests/deep/a.txt");
  CHECK(files[1].mode == 0755);
  CHECK(files[2].target == "/metadata/annotations.yaml");
}

TEST_CASE("a directory within the other brings its files once", "[bundle directories]") {
  const TempDir root{fs::temp_directory_path()};
  fs::create_directories(root.path() / "bundle" / "metadata");
  write_file_atomically(root.path() / "bundle" / "a.yaml", "a");
  write_file_atomically(root.path() / "bundle" / "metadata" / "annotations.yaml", "m");
  const BundleDirectories nested{.manifests = "bundle", .metadata = "bundle/metadata"};

  CHECK(layer_files(root.path(), nested).size() == 2);
  const BundleDirectories same{.manifests = "bundle", .metadata = "bundle"};
  CHECK(same.paths() == std::vector<std::string>{"bundle"});
}
