#include "child.hpp"
#include "engine_call.hpp"
#include "measure.hpp"
#include "parts.hpp"

#include <fmt/format.h>

#include <fstream>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;
using catalog::BundleSource;
using catalog::UpdateMode;

constexpr double kMiB = 1 << 20;

/// A bundle of some MiB, which is far more than any real one has: objects of 1 MiB, as many as a
/// cluster would take.
BundleSource make_large(const fs::path& directory, int mebibytes) {
  fs::create_directories(directory / "manifests");
  fs::create_directories(directory / "metadata");
  std::ofstream{directory / "metadata" / "annotations.yaml"}
      << "annotations:\n"
         "  operators.operatorframework.io.bundle.package.v1: large\n"
         "  operators.operatorframework.io.bundle.channels.v1: alpha\n";
  std::ofstream{directory / "manifests" / "csv.yaml"}
      << "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\n"
         "metadata:\n  name: large.v1.0.0\nspec:\n  version: 1.0.0\n";
  for (int i = 0; i < mebibytes; ++i) {
    std::ofstream file{directory / "manifests" / fmt::format("object-{}.yaml", i)};
    file << "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: object\ndata:\n";
    constexpr int kLines = 10'000;
    for (int line = 0; line < kLines; ++line) {
      file << fmt::format("  key-{:06}: \"a value of an ordinary length, which varies: {}\"\n",
                          line, line * i);
    }
  }
  return {.pull_spec = "registry.test/large@sha256:0",
          .directory = directory,
          .auth_file = {},
          .insecure_registries = {}};
}

void report(std::string_view what, const Cost& cost, double largest_mib) {
  fmt::print("  {:34} {:6.1f} MiB ({:.1f} above the largest bundle; aim: at most 64)\n", what,
             cost.peak_mib, cost.peak_mib - largest_mib);
}

}  // namespace

void measure_memory(const Corpus& corpus) {
  const TempDir directory{fs::temp_directory_path(), "iibd-bench-"};
  const auto bundles = corpus.all();
  const auto largest = static_cast<double>(corpus.largest_bundle()) / kMiB;
  fmt::print("most memory of a call; the largest bundle of the corpus has {:.1f} MiB\n", largest);
  for (const std::size_t count : {std::size_t{1}, std::size_t{50}, bundles.size()}) {
    const auto cost = cost_of([&] {
      static_cast<void>(
          add({}, std::span{bundles}.first(count), UpdateMode::semver, directory.path()));
    });
    report(fmt::format("{} bundles, mode semver", count), cost, largest);
  }
  for (const int mebibytes : {8, 48}) {
    const auto large = make_large(directory.path() / fmt::format("large-{}", mebibytes), mebibytes);
    const auto size = static_cast<double>(bytes_below(large.directory)) / kMiB;
    const auto cost = cost_of([&] {
      static_cast<void>(add({}, std::span{&large, 1}, UpdateMode::replaces, directory.path()));
    });
    report(fmt::format("one bundle of {:.0f} MiB", size), cost, size);
  }
}

}  // namespace iib::bench
