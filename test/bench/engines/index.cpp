#include "index.hpp"

#include "engine_call.hpp"
#include "iib/base/clock.hpp"
#include "iib/image/auth_file.hpp"
#include "iib/image/embedded_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

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

std::string with_engine(std::string_view engine) {
  return fmt::format("iib_image_engine: {}\n", engine);
}

double build_time(const test::Daemon& daemon, const std::string& body) {
  return working_time(test::build(daemon, "add", body));
}

double megabytes(const fs::path& file) {
  return static_cast<double>(fs::file_size(file)) / 1e6;
}

}  // namespace iib::bench
