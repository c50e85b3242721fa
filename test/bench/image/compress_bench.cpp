// How fast a file becomes a layer, and what compressors do with it alone:
// compress_bench FILE [THREADS [ROUNDS]].

#include "compressors.hpp"
#include "iib/base/files.hpp"
#include "iib/io/process.hpp"
#include "image/layer/layer_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMemberBytes = 512UL * 1024;
constexpr std::size_t kMostBytes = 4UL << 30U;

struct Bench {
  fs::path file;
  unsigned threads;
  int rounds;
  iib::TempDir directory{fs::temp_directory_path(), "iibd-bench-"};
  std::string plain = iib::read_file(file, kMostBytes);

  /// Prints the fastest of the rounds; `run` gives the size of what it made.
  void measure(const std::string& name, const std::function<std::size_t()>& run) const {
    auto fastest = std::numeric_limits<double>::max();
    std::size_t size = 0;
    for (int round = 0; round < rounds; ++round) {
      const auto begin = std::chrono::steady_clock::now();
      size = run();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      fastest = std::min(fastest, took.count());
    }
    const auto bytes = static_cast<double>(plain.size());
    fmt::print("{:<36} {:7.1f} MB/s {:6.2f} %\n", name, bytes / fastest / 1e6,
               100.0 * static_cast<double>(size) / bytes);
  }
};

void measure_layers(const Bench& bench) {
  for (const unsigned threads : {1U, bench.threads}) {
    bench.measure(fmt::format("write_layer, {} threads", threads), [&] {
      const auto layer = bench.directory.path() / "layer";
      const iib::image::ImageContent content{
          .files = {{.source = bench.file, .target = "/database/index.db"}}};
      const auto written = iib::image::write_layer(content, {}, layer, threads, {});
      fs::remove(layer);
      return written.size;
    });
  }
}

void measure_libraries(const Bench& bench) {
  for (const auto& compressor : iib::bench::compressors()) {
    for (const unsigned threads : {1U, bench.threads}) {
      bench.measure(fmt::format("{}, {} threads", compressor.name, threads), [&] {
        return iib::bench::compress_members(compressor, bench.plain, kMemberBytes, threads);
      });
    }
  }
}

void measure_programs(const Bench& bench) {
  const auto records = bench.directory.path() / "records";
  const auto copy = bench.directory.path() / "copy";
  fs::create_directory(records);
  fs::copy_file(bench.file, copy);
  iib::io::ProgramRunner runner{records};
  for (const std::string name : {"gzip", "pigz"}) {
    if (iib::io::find_program(name).empty()) {
      fmt::print("{} is not on PATH\n", name);
      continue;
    }
    bench.measure(name + " -6", [&] {
      const auto exit = runner.run({.name = name, .arguments = {"-6", "-kf", copy.string()}}, {});
      if (exit.status != 0) fmt::print("{} failed: {}\n", name, exit.error_output);
      return static_cast<std::size_t>(fs::file_size(copy.string() + ".gz"));
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: compress_bench FILE [THREADS [ROUNDS]]\n");
    return 1;
  }
  const Bench bench{.file = argv[1],
                    .threads = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 2,
                    .rounds = argc > 3 ? std::atoi(argv[3]) : 3};
  measure_layers(bench);
  measure_libraries(bench);
  measure_programs(bench);
}
