#include "image/layer/layer_writer.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/archive.hpp"
#include "shell_output.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace {

using iib::Cancellation;
using iib::Timestamp;
using iib::image::LayerFile;
using iib::image::write_layer;
using iib::image::WrittenLayer;

namespace fs = std::filesystem;

constexpr std::size_t kLimit = 64UL << 20U;

struct Fixture {
  Fixture() {
    iib::write_file_atomically(database, std::string(3'000'000, 'd'), 0600);
    iib::write_file_atomically(catalog, "catalog", 0600);
  }

  WrittenLayer write(const std::vector<LayerFile>& files, const char* name = "layer",
                     unsigned threads = 2) const {
    return write_layer({.files = files}, iib::parse_iso8601("2024-05-06T07:08:09Z"),
                       directory.path() / name, threads, {});
  }
  [[nodiscard]] std::string read(const char* name = "layer") const {
    return iib::read_file(directory.path() / name, kLimit);
  }
  /// The output of `command`, in which {} stands for the layer.
  [[nodiscard]] std::string shell(const std::string& command) const {
    return iib::test::shell_output(
        fmt::format(fmt::runtime(command), (directory.path() / "layer").string()));
  }

  iib::TempDir directory{fs::temp_directory_path()};
  fs::path database = directory.path() / "source.db";
  fs::path catalog = directory.path() / "catalog.json";
  std::vector<LayerFile> files{{.source = catalog, .target = "/configs/p/catalog.json"},
                               {.source = database, .target = "/database/index.db", .mode = 0600},
                               {.source = catalog, .target = "/tmp/cache/digest"}};
};

}  // namespace

TEST_CASE("GNU tar reads a layer: sorted, folders once, root's, one time", "[image][layer]") {
  Fixture fixture;

  fixture.write(fixture.files);

  CHECK(fixture.shell("TZ=UTC LC_ALL=C tar -tvzf {} --full-time 2>&1 | tr -s ' '") ==
        "drwxr-xr-x 0/0 0 2024-05-06 07:08:09 configs/\n"
        "drwxr-xr-x 0/0 0 2024-05-06 07:08:09 configs/p/\n"
        "-rw-r--r-- 0/0 7 2024-05-06 07:08:09 configs/p/catalog.json\n"
        "drwxr-xr-x 0/0 0 2024-05-06 07:08:09 database/\n"
        "-rw------- 0/0 3000000 2024-05-06 07:08:09 database/index.db\n"
        "drwxrwxrwt 0/0 0 2024-05-06 07:08:09 tmp/\n"
        "drwxr-xr-x 0/0 0 2024-05-06 07:08:09 tmp/cache/\n"
        "-rw-r--r-- 0/0 7 2024-05-06 07:08:09 tmp/cache/digest\n");
  CHECK(fixture.shell("gzip -t {} 2>&1 && echo good") == "good\n");
}

TEST_CASE("digest, size and diff id are those of the bytes", "[image][layer]") {
  Fixture fixture;

  const auto layer = fixture.write(fixture.files);

  const auto bytes = fixture.read();
  CHECK(layer.size == bytes.size());
  CHECK(layer.digest == iib::model::Digest::of(bytes));
  CHECK(fixture.shell("gzip -dc {} | sha256sum").substr(0, 64) == layer.diff_id.hex());
}

TEST_CASE("the same files give the same bytes, whatever the threads and the order",
          "[image][layer]") {
  Fixture fixture;
  const std::vector<LayerFile> turned{fixture.files.rbegin(), fixture.files.rend()};

  const auto first = fixture.write(fixture.files, "first", 1);
  const auto second = fixture.write(turned, "second", 5);

  CHECK(first.digest == second.digest);
  CHECK(first.diff_id == second.diff_id);
  CHECK(fixture.read("first") == fixture.read("second"));
}

TEST_CASE("the content of a layer comes out as it went in", "[image][layer]") {
  Fixture fixture;
  const auto destination = fixture.directory.path() / "out";
  fs::create_directory(destination);

  fixture.write(fixture.files);

  const std::vector<std::string> paths{"database", "configs"};
  iib::io::LayerExtractor extractor{"X", paths, destination};
  extractor.apply(iib::io::read_from_file(fixture.directory.path() / "layer"), {});
  extractor.finish();
  CHECK(iib::read_file(destination / "database/index.db", kLimit) ==
        iib::read_file(fixture.database, kLimit));
  CHECK(iib::read_file(destination / "configs/p/catalog.json", kLimit) == "catalog");
}

TEST_CASE("a layer without files is an empty archive", "[image][layer]") {
  Fixture fixture;

  fixture.write({});

  CHECK(fixture.shell("tar -tzf {} 2>&1").empty());
}

TEST_CASE("a file that cannot be read is named, and nothing is left", "[image][layer]") {
  Fixture fixture;
  fixture.files.push_back({.source = fixture.directory.path() / "absent", .target = "/z"});

  CHECK_THROWS_WITH(fixture.write(fixture.files), Catch::Contains("absent cannot be read"));
  CHECK_FALSE(fs::exists(fixture.directory.path() / "layer"));
}

TEST_CASE("a layer that cannot be written is named", "[image][layer]") {
  Fixture fixture;

  CHECK_THROWS_WITH(fixture.write(fixture.files, "no/such/folder"),
                    Catch::Contains("no/such/folder cannot be written: No such file"));
  CHECK_THROWS_WITH(write_layer({.files = fixture.files}, Timestamp{}, "/dev/full", 2, {}),
                    Catch::Contains("/dev/full cannot be written"));
}

TEST_CASE("writing a layer hears cancellation and leaves nothing", "[image][layer]") {
  Fixture fixture;
  std::stop_source stop;
  stop.request_stop();

  CHECK_THROWS_AS(
      write_layer({.files = fixture.files}, Timestamp{}, fixture.directory.path() / "layer", 2,
                  Cancellation{stop.get_token()}),
      iib::Cancelled);
  CHECK_FALSE(fs::exists(fixture.directory.path() / "layer"));
}
