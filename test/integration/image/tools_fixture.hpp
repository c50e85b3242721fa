#pragma once

#include "iib/base/files.hpp"
#include "iib/image/auth_file.hpp"
#include "iib/image/tools_engine.hpp"
#include "iib/io/json.hpp"
#include "registry.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace iib::test::tools {

using namespace std::chrono_literals;
using iib::ExternalError;
using iib::Secret;
using iib::UserError;
using iib::image::Access;
using iib::image::AuthOverlay;
using iib::image::ImageContent;
using iib::image::Manifest;
using iib::image::ManifestKind;
using iib::image::PushedImage;
using iib::image::Target;
using iib::image::ToolsEngine;
using iib::image::ToolsEngineOptions;
using iib::model::Digest;
using iib::model::ImageReference;
using iib::test::Login;
using iib::test::Registry;
using iib::test::TarEntry;
using iib::test::TestImage;

namespace fs = std::filesystem;

inline const std::vector<std::string> kArchitectures{"amd64", "arm64", "ppc64le", "s390x"};

inline bool can_run() {
  return ::geteuid() == 0 && iib::test::have_programs({"skopeo", "buildah", "docker-registry"});
}

inline constexpr auto kCannotRun = "needs root, skopeo, buildah and docker-registry";

inline fs::path make_directory(const fs::path& path) {
  fs::create_directories(path);
  return path;
}

/// A registry and an engine with a state directory of its own.
struct Fixture {
  explicit Fixture(std::optional<Login> login = std::nullopt) : registry{std::move(login)} {}

  [[nodiscard]] ToolsEngineOptions options() const {
    ToolsEngineOptions options;
    options.storage_directory = state.path() / "containers";
    options.retries = {.attempts = 2, .multiplier = 0ms, .delay = 0ms, .jitter = 0ms};
    options.insecure_registries = {registry.address()};
    return options;
  }

  /// The access of a request with a directory of its own and these credentials.
  [[nodiscard]] Access access(const AuthOverlay& overlay = {}) {
    const auto directory = make_directory(state.path() / fmt::format("request-{}", ++requests));
    iib::image::write_auth_file(directory / "auth.json", {}, overlay);
    return {.auth_file = directory / "auth.json",
            .work_directory = directory,
            .log = iib::Log{iib::make_null_sink(), "test", iib::LogLevel::error},
            .cancellation = {}};
  }

  [[nodiscard]] ImageReference reference(const std::string& name) const {
    return ImageReference::parse(registry.address() + "/" + name);
  }

  Registry registry;
  iib::TempDir state{fs::temp_directory_path(), "image-"};
  iib::io::ProgramRunner runner{make_directory(state.path() / "programs")};
  ToolsEngine engine{runner, options(),
                     iib::Log{iib::make_stderr_sink(), "image", iib::LogLevel::warning}};
  int requests = 0;
};

/// The content of an index, with a database that holds `database`.
inline ImageContent index_content(const fs::path& directory, const std::string& database) {
  iib::write_file_atomically(directory / "index.db", database, 0600);
  return {.files = {{.source = directory / "index.db", .target = "/database/index.db"}},
          .labels = {{"operators.operatorframework.io.index.database.v1", "/database/index.db"},
                     {"odd", R"(a=b, "c" 'd')"}},
          .entrypoint = {"/bin/opm"},
          .command = {"registry", "serve", "--database", "/database/it's here.db"},
          .exposed_ports = {"50051/tcp"}};
}

inline std::vector<Target> targets_of(const Fixture& fixture, const Manifest& base,
                                      const std::string& base_name, const std::string& output) {
  std::vector<Target> targets;
  for (const auto& entry : base.entries) {
    targets.push_back({.architecture = entry.architecture,
                       .base = fixture.reference(base_name).at(entry.digest),
                       .destination = fixture.reference(output + "-" + entry.architecture)});
  }
  return targets;
}

struct Index {
  std::vector<PushedImage> images;
  Digest list;
};

inline Index build_index(Fixture& fixture, const std::string& output, const std::string& database) {
  const auto access = fixture.access();
  const auto base = fixture.engine.manifest(fixture.reference("base:1"), access);
  const auto targets = targets_of(fixture, base, "base:1", output);
  auto images = fixture.engine.build_and_push(index_content(access.work_directory, database),
                                              targets, access);
  auto list = fixture.engine.push_list(fixture.reference(output), images, access);
  return {std::move(images), std::move(list)};
}

/// What buildah lists in the storage of `fixture`.
inline std::string in_storage(Fixture& fixture, const std::string& what) {
  const auto root = fixture.state.path() / "containers";
  const auto driver = fs::exists(root / "overlay" / "run" / "boot-id") && !fs::exists(root / "vfs")
                          ? std::string{"overlay"}
                          : std::string{"vfs"};
  const iib::io::Program program{
      .name = "buildah",
      .arguments = {"--root", root / driver / "root", "--runroot", root / driver / "run",
                    "--storage-driver", driver, what, "--all", "--json"}};
  return fixture.runner.run(program, {}).output;
}

inline std::size_t count_in_storage(Fixture& fixture, const std::string& what) {
  const auto listed = iib::io::parse_json(in_storage(fixture, what));
  return listed.IsArray() ? listed.Size() : 0;
}

}  // namespace iib::test::tools
