#include "image/layer/layer_writer.hpp"
#include "index.hpp"
#include "measure.hpp"
#include "parts.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;
using test::Daemon;
using test::Site;

/// Bundles of the corpus, multiplied, that take about 1 GB with their payloads.
constexpr int kBundles = 13'000;
const std::vector<std::string> kArchitectures{"amd64", "arm64", "ppc64le", "s390x"};

/// Milliseconds that the bytes alone cost: fetched, taken out of their layer, put into one, sent.
double floor_of(const std::string& registry, const fs::path& database, const fs::path& directory) {
  const auto begun = std::chrono::steady_clock::now();
  const auto layer = directory / "layer";
  const auto written =
      image::write_layer({.files = {{.source = database, .target = "/database/index.db"}}}, {},
                         layer, std::thread::hardware_concurrency(), {});
  output_of(fmt::format(
      R"(set -e; cd {0}; place=$(curl -sS -X POST -o /dev/null -D - http://{1}/v2/floor/blobs/uploads/ |
         tr -d '\r' | sed -n 's/^[Ll]ocation: *//p'); curl -sS -f -X PUT -T layer "$place&digest={2}";
         curl -sS -f -o back http://{1}/v2/floor/blobs/{2}; gzip -dc back | sha256sum)",
      directory.string(), registry, written.digest.text()));
  return milliseconds_since(begun);
}

}  // namespace

void measure_memory(const Corpus& corpus) {
  Site site{kArchitectures};
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  const TempDir directory{site.directory(), "index-"};
  const auto database = make_database(corpus, kBundles, Payloads::kept, directory.path());
  const auto index = push_index(site, database, kArchitectures, "large");
  Daemon daemon{site.state(), site.configuration(with_engine("embedded"))};
  daemon.start();
  const auto body = site.add_body({bundle}, {.from_index = index});
  const auto first = build_time(daemon, body).milliseconds;
  const auto second = build_time(daemon, body).milliseconds;
  const auto bytes = floor_of(site.registry().address(), database, directory.path());
  fmt::print(
      "{} bundles, {:.0f} MB, embedded: first request {:.0f} ms, second {:.0f} ms; the bytes alone "
      "{:.0f} ms; memory at most {:.0f} MB (aim: under 200)\n",
      kBundles, megabytes(database), first, second, bytes, memory_of(daemon.pid(), "VmHWM"));
}

}  // namespace iib::bench
