#include "index.hpp"

#include "engine_call.hpp"
#include "iib/base/clock.hpp"
#include "iib/base/files.hpp"
#include "iib/image/auth_file.hpp"
#include "iib/image/embedded_engine.hpp"
#include "image/layer/layer_writer.hpp"
#include "measure.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <utility>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;

/// From the first state of the work to the last.
double working_time(const io::JsonValue& document) {
  if (test::text_of(document, "state") != "complete") {
    throw std::runtime_error{test::text_of(document, "state_reason")};
  }
  const auto& states = document["state_history"].GetArray();  // newest first
  const auto moment = [&](rapidjson::SizeType at) {
    return parse_iso8601(test::text_of(states[at], "updated"));
  };
  const std::chrono::duration<double, std::milli> took = moment(0) - moment(states.Size() - 2);
  return took.count();
}

constexpr double kMegabyte = 1e6;
/// Plain bytes of the layers of a base of the usual size: a small system, and a program.
constexpr std::array<std::uintmax_t, 2> kLayerBytes{100'000'000, 50'000'000};

/// Files of the host, each given out once.
class HostFiles {
 public:
  explicit HostFiles(std::vector<fs::path> files) : files_{std::move(files)} {}

  /// The next ones, `bytes` together at least.
  [[nodiscard]] std::vector<image::LayerFile> take(std::uintmax_t bytes) {
    std::vector<image::LayerFile> taken;
    for (std::uintmax_t so_far = 0; so_far < bytes; ++next_) {
      if (next_ == files_.size()) throw std::runtime_error{"the host has too few files"};
      so_far += fs::file_size(files_[next_]);
      taken.push_back({.source = files_[next_], .target = files_[next_].string()});
    }
    return taken;
  }

 private:
  std::vector<fs::path> files_;
  std::size_t next_ = 0;
};

/// Programs and libraries, in the order of their paths; the largest would make a layer larger than
/// wanted.
HostFiles files_of_host() {
  constexpr std::uintmax_t kLargest = 10'000'000;
  std::vector<fs::path> files;
  for (const auto* const root : {"/usr/bin", "/usr/lib", "/usr/sbin"}) {
    for (const auto& entry : fs::recursive_directory_iterator{root}) {
      if (entry.is_symlink() || !entry.is_regular_file()) continue;
      if (entry.file_size() > 0 && entry.file_size() <= kLargest) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return HostFiles{std::move(files)};
}

/// Pushes a layer of `files` to `repository`, by way of the file `place`.
image::WrittenLayer push_layer(test::Registry& registry, const std::string& repository,
                               const std::vector<image::LayerFile>& files, const fs::path& place) {
  constexpr std::size_t kMostBytes = 1UL << 30U;
  auto layer =
      image::write_layer({.files = files}, {}, place, std::thread::hardware_concurrency(), {});
  registry.put_blob(repository, read_file(place, kMostBytes));
  fs::remove(place);
  return layer;
}

/// Pushes an image of `layers`, which are there, as `repository`:`tag`; gives its digest.
std::string push_image(test::Registry& registry, const std::string& repository,
                       const std::string& tag, const std::string& architecture,
                       const std::vector<image::WrittenLayer>& layers) {
  constexpr const char* kType = "application/vnd.docker.distribution.manifest.v2+json";
  const auto described = [](std::string_view kind, const std::string& digest, std::uint64_t bytes) {
    return fmt::format(R"({{"mediaType":"application/vnd.docker.{}","size":{},"digest":"{}"}})",
                       kind, bytes, digest);
  };
  std::vector<std::string> ids;
  std::vector<std::string> named;
  for (const auto& layer : layers) {
    ids.push_back(fmt::format("\"{}\"", layer.diff_id.text()));
    named.push_back(described("image.rootfs.diff.tar.gzip", layer.digest.text(), layer.size));
  }
  const auto config = fmt::format(
      R"({{"architecture":"{}","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}})",
      architecture, fmt::join(ids, ","));
  const auto digest = registry.put_blob(repository, config);
  return registry.put_manifest(
      repository, tag, kType,
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})", kType,
                  described("container.image.v1+json", digest, config.size()),
                  fmt::join(named, ",")));
}

}  // namespace

fs::path make_database(const Corpus& corpus, int bundles, Payloads payloads,
                       const fs::path& directory) {
  auto index = add_one_by_one(leave_one(corpus).before, directory);
  multiply_packages(index, bundles);
  if (payloads == Payloads::kept) return index;
  // A call without bundles clears, as any call of this mode does.
  auto cleared = add(index, {}, catalog::UpdateMode::semver, directory);
  fs::remove(index);
  return cleared;
}

std::string push_index(test::Site& site, const fs::path& database,
                       const std::vector<std::string>& architectures,
                       const std::string& repository) {
  const TempDir work{site.directory(), "push-"};
  image::write_auth_file(work.path() / "auth.json", {});
  image::EmbeddedEngine engine{{.cache_directory = work.path() / "cache",
                                .insecure_registries = {site.registry().address()}},
                               Log{make_null_sink(), "bench", LogLevel::error}};
  const image::Access access{.auth_file = work.path() / "auth.json",
                             .work_directory = work.path(),
                             .log = Log{make_null_sink(), "bench", LogLevel::error},
                             .cancellation = {}};
  const auto base = model::ImageReference::parse(site.base());
  const auto output = model::ImageReference::parse(site.pull_spec(repository + ":1"));
  std::vector<image::Target> targets;
  for (const auto& entry : engine.manifest(base, access).entries) {
    if (std::find(architectures.begin(), architectures.end(), entry.architecture) ==
        architectures.end()) {
      continue;
    }
    targets.push_back({.architecture = entry.architecture,
                       .base = base.at(entry.digest),
                       .destination = model::ImageReference::parse(
                           fmt::format("{}-{}", output.text(), entry.architecture))});
  }
  const auto images = engine.build_and_push(
      {.files = {{.source = database, .target = "/database/index.db"}},
       .labels = {{"operators.operatorframework.io.index.database.v1", "/database/index.db"}}},
      targets, access);
  (void)engine.push_list(output, images, access);
  return output.text();
}

BaseSize push_usual_base(test::Site& site, const std::vector<std::string>& architectures) {
  const TempDir work{site.directory(), "base-"};
  auto files = files_of_host();
  BaseSize size;
  std::vector<std::pair<std::string, std::string>> images;
  for (const auto& architecture : architectures) {
    size = {};
    std::vector<image::WrittenLayer> layers;
    for (const auto bytes : kLayerBytes) {
      layers.push_back(
          push_layer(site.registry(), "base", files.take(bytes), work.path() / "layer"));
      size.plain += static_cast<double>(bytes) / kMegabyte;
      size.packed += static_cast<double>(layers.back().size) / kMegabyte;
    }
    images.emplace_back(architecture, push_image(site.registry(), "base", "v1-" + architecture,
                                                 architecture, layers));
  }
  site.registry().push_list("base", "v1", images);
  return size;
}

std::string push_files(test::Site& site, const std::vector<image::LayerFile>& files,
                       const std::string& repository) {
  const TempDir work{site.directory(), "files-"};
  const auto layer = push_layer(site.registry(), repository, files, work.path() / "layer");
  push_image(site.registry(), repository, "v1", "amd64", {layer});
  return site.pull_spec(repository + ":v1");
}

std::string with_engine(std::string_view engine) {
  return fmt::format("iib_image_engine: {}\n", engine);
}

Took build_time(const test::Daemon& daemon, const std::string& body, const std::string& type) {
  constexpr double kMillisecondsInSecond = 1000;
  const auto registry = child_named("docker-registry");
  const auto before = processor_seconds_of(daemon.pid());
  const auto registry_before = processor_seconds_of(registry);
  const auto milliseconds = working_time(test::build(daemon, type, body));
  return {.milliseconds = milliseconds,
          .processor = (processor_seconds_of(daemon.pid()) - before) * kMillisecondsInSecond,
          .registry = (processor_seconds_of(registry) - registry_before) * kMillisecondsInSecond};
}

double megabytes(const fs::path& file) {
  return static_cast<double>(fs::file_size(file)) / kMegabyte;
}

}  // namespace iib::bench
