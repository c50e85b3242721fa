#include "file_catalog.hpp"
#include "index.hpp"
#include "measure.hpp"
#include "parts.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <map>
#include <utility>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;
using test::Daemon;
using test::Site;

constexpr double kMegabyte = 1e6;
/// Bytes of the catalogs that fragments are taken into.
constexpr std::uintmax_t kSmall = 45'000'000;
constexpr std::uintmax_t kLarge = 450'000'000;
/// A package of usual size.
constexpr auto kPackage = "pelorus-operator";
const std::vector<std::string> kArchitectures{"amd64", "arm64", "ppc64le", "s390x"};

/// The files of `root` as they lie in a fragment.
std::vector<image::LayerFile> fragment_files(const fs::path& root) {
  std::vector<image::LayerFile> files;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    if (!entry.is_regular_file()) continue;
    files.push_back({.source = entry.path(),
                     .target = "/configs/" + entry.path().lexically_relative(root).string()});
  }
  return files;
}

std::string take_body(const Site& site, const std::string& index, const std::string& fragment) {
  return fmt::format(R"({{"from_index": "{}", "binary_image": "{}", "fbc_fragments": ["{}"]}})",
                     index, site.base(), fragment);
}

/// An index image of the catalog `root`, made by the daemon itself.
std::string make_index(Site& site, const Daemon& daemon, const fs::path& root) {
  const auto bundle = site.push_bundle("heron-operator", "1.0.0");
  const auto database =
      test::build_index(daemon, "add", site.add_body({bundle}, {.add_arches = kArchitectures}));
  const auto empty = test::build_index(
      daemon, "create-empty-index",
      fmt::format(R"({{"from_index": "{}", "binary_image": "{}", "output_fbc": true}})", database,
                  site.base()));
  return test::build_index(daemon, "fbc-operations",
                           take_body(site, empty, push_files(site, fragment_files(root), "whole")));
}

/// The sizes of all blobs that the images of `index` name, by digest.
std::map<std::string, std::uint64_t> blobs_of(Site& site, const std::string& index) {
  std::map<std::string, std::uint64_t> blobs;
  const auto name = model::ImageReference::parse(index);
  const auto read = [&](const std::string& reference) {
    return io::parse_json(site.registry().manifest(name.repository(), reference));
  };
  const auto list = read(name.tag().value());
  for (const auto& entry : list["manifests"].GetArray()) {
    const auto manifest = read(entry["digest"].GetString());
    const auto note = [&](const io::JsonValue& blob) {
      blobs[blob["digest"].GetString()] = blob["size"].GetUint64();
    };
    note(manifest["config"]);
    for (const auto& layer : manifest["layers"].GetArray()) note(layer);
  }
  return blobs;
}

/// Bytes of the blobs of `index` that `from` has not.
double pushed_megabytes(Site& site, const std::string& index, const std::string& from) {
  const auto old = blobs_of(site, from);
  std::uint64_t bytes = 0;
  for (const auto& [digest, size] : blobs_of(site, index)) {
    if (!old.contains(digest)) bytes += size;
  }
  return static_cast<double>(bytes) / kMegabyte;
}

void measure(const Corpus& corpus, std::uintmax_t bytes, int rounds, double aim) {
  Site site{kArchitectures};
  const TempDir directory{site.directory(), "catalog-"};
  const auto root = make_catalog(corpus, bytes, directory.path());
  const auto size = static_cast<double>(bytes_below(root)) / kMegabyte;
  Daemon daemon{site.state(), site.configuration(with_engine("embedded"))};
  daemon.start();
  const auto index = make_index(site, daemon, root);
  // A daemon that has just started has nothing unpacked.
  (void)daemon.stop();
  daemon.start();
  constexpr std::size_t kMostBytes = 64UL << 20U;
  const auto package = read_file(root / kPackage / "catalog.json", kMostBytes);
  int request = 3;  // what made the index
  // A fragment with the package under the name `name`.
  const auto take = [&](const std::string& name) {
    fs::create_directories(directory.path() / name / name);
    std::ofstream{directory.path() / name / name / "catalog.json"}
        << renamed_package(package, kPackage, name);
    const auto fragment = push_files(site, fragment_files(directory.path() / name), name);
    ++request;
    return build_time(daemon, take_body(site, index, fragment), "fbc-operations");
  };
  fmt::print(
      "fragments of {:.1f} MB into a catalog of {:.0f} MB, four architectures; the first after a "
      "start: {:.0f} ms\n",
      static_cast<double>(package.size()) / kMegabyte, size, take("copy5-first").milliseconds);
  // What comes before a change, in the order of names, is not hashed again.
  const std::array<std::pair<const char*, const char*>, 2> places{
      {{"in the middle", "copy5"}, {"at the start", "aaa"}}};
  for (const auto& [place, prefix] : places) {
    Sample took;
    Sample processor;
    Sample pushed;
    for (int round = 0; round < rounds; ++round) {
      const auto cost = take(fmt::format("{}-round-{}", prefix, round));
      took.add(cost.milliseconds);
      processor.add(cost.processor);
      pushed.add(
          pushed_megabytes(site, site.pull_spec(fmt::format("iib-build:{}", request)), index));
    }
    fmt::print("  {}: {} ms (aim: {:.0f}), processor {} ms; pushed {} MB (aim: under 1)\n", place,
               took.text(0), aim, processor.text(0), pushed.text(2));
  }
  fmt::print("  memory at most {:.0f} MB\n", memory_of(daemon.pid(), "VmHWM"));
}

}  // namespace

void measure_fragments(const Corpus& corpus, int rounds) {
  measure(corpus, kSmall, rounds, 500);
  measure(corpus, kLarge, rounds, 1500);
}

}  // namespace iib::bench
