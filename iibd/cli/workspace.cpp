#include "cli/workspace.hpp"

#include "cli/user_credentials.hpp"
#include "iib/base/error.hpp"
#include "iib/image/embedded_engine.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Somebody waits at a terminal: give up sooner than the daemon does.
constexpr RetryPolicy kRetries{
    .attempts = 3, .multiplier = 1000ms, .delay = 1000ms, .jitter = 500ms, .cap = 5000ms};

/// Where podman and skopeo look for the certificates of registries, and iib_certs_dir by default.
constexpr auto kCertificates = "/etc/containers/certs.d";

fs::path temporary_directory() {
  std::error_code error;
  auto path = fs::temp_directory_path(error);
  if (!error) return path;
  throw UserError{fmt::format("there is no directory for temporary files: {}; set TMPDIR to one",
                              error.message())};
}

fs::path made(fs::path path) {
  std::error_code error;
  fs::create_directory(path, error);
  if (!error) return path;
  throw ExternalError{
      fmt::format("directory {} cannot be made: {}", path.string(), error.message()),
      ExternalError::Retry::no};
}

}  // namespace

void add_registry_options(CLI::App& command, RegistryOptions& options) {
  command
      .add_option("--auth-file", options.auth_file,
                  "credentials for registries (default: $REGISTRY_AUTH_FILE, else where podman "
                  "or docker keep them)")
      ->type_name("FILE");
  command
      .add_option("--insecure-registry", options.insecure_registries,
                  "spoken to by plain HTTP or with an unverified certificate; "
                  "may be repeated")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);  // or it would swallow the arguments that follow
}

/// The engine with what it needs to live.
struct Workspace::Images {
  Images(const fs::path& directory, const RegistryOptions& registries, const Log& log)
      : auth_file{find_auth_file(registries.auth_file)},
        engine{image::EmbeddedEngineOptions{.cache_directory = directory / "layers",
                                            .certs_directory = kCertificates,
                                            .insecure_registries = registries.insecure_registries,
                                            .retries = kRetries},
               log} {}

  fs::path auth_file;
  image::EmbeddedEngine engine;
};

Workspace::Workspace(RegistryOptions registries, std::string_view prefix)
    : Workspace{std::make_shared<Interruption>(), std::make_shared<Console>(),
                std::move(registries), temporary_directory(), prefix} {}

Workspace::Workspace(std::shared_ptr<Interruption> interruption, std::shared_ptr<Console> console,
                     RegistryOptions registries, const fs::path& parent, std::string_view prefix)
    : interruption_{std::move(interruption)},
      console_{std::move(console)},
      registries_{std::move(registries)},
      directory_{parent, prefix} {}

Workspace::~Workspace() = default;

fs::path Workspace::make_directory(std::string_view prefix) {
  return made(directory_.path() / fmt::format("{}-{}", prefix, ++directories_made_));
}

catalog::Work Workspace::catalog_work() {
  return {.directory = make_directory("catalog"), .log = log(), .cancellation = cancellation()};
}

Log Workspace::log() const {
  return Log{console_, "catalog", LogLevel::warning};
}

image::ImageEngine& Workspace::images() {
  std::call_once(images_made_, [this] {
    images_ = std::make_unique<Images>(make_directory("images"), registries_, log());
  });
  return images_->engine;
}

image::Access Workspace::image_access() {
  (void)images();
  return {.auth_file = images_->auth_file,
          .work_directory = make_directory("image"),
          .log = log(),
          .cancellation = cancellation()};
}

model::ImageReference Workspace::pin(const std::string& pull_spec, std::string_view role) {
  const auto reference = model::ImageReference::parse(pull_spec);
  const auto manifest = images().manifest(reference, image_access());
  switch (manifest.kind) {
    case image::ManifestKind::image:
      return reference.at(manifest.digest);
    case image::ManifestKind::list:
      break;
  }
  if (manifest.entries.empty()) {
    throw UserError{
        fmt::format("{} {} is a manifest list without any linux image", role, pull_spec)};
  }
  for (const auto& entry : manifest.entries) {
    if (entry.architecture == "amd64") return reference.at(entry.digest);
  }
  return reference.at(manifest.entries.front().digest);
}

}  // namespace iib::cli
