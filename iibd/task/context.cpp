#include "context.hpp"

#include "iib/base/error.hpp"
#include "iib/base/paths.hpp"
#include "iib/image/auth_file.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

namespace iib::task {
namespace {

/// The bytes that builds may use; nothing when the file system does not tell.
std::optional<std::uintmax_t> free_bytes(const Settings& settings) {
  std::error_code error;
  const auto space = std::filesystem::space(settings.work_root, error);
  return error ? std::nullopt : std::optional{space.available};
}

/// Refuses to begin on a full disk, where even the request's directory might not be made. What is
/// kept for later requests makes way first.
std::filesystem::path checked_work_root(const Environment& environment) {
  const auto& settings = environment.settings;
  auto available = free_bytes(settings);
  if (available && *available < settings.least_free_bytes) {
    environment.kept_catalogs.drop_all();
    available = free_bytes(settings);
  }
  if (!available || *available >= settings.least_free_bytes) return settings.work_root;
  throw ExternalError{
      fmt::format("the disk of the service is nearly full: {} MiB are free, a build needs {} MiB; "
                  "the operator must make room below iib_state_dir",
                  *available >> 20U, settings.least_free_bytes >> 20U),
      ExternalError::Retry::no};
}

bool merges(const Job& job) {
  return job.request.type == model::RequestType::merge_index_image;
}

const std::optional<std::string>& base_index_of(const Job& job) {
  const auto& facts = job.request.facts;
  return merges(job) ? facts.target_index : facts.from_index;
}

/// `overwrite_from_index_token`, or that of a merge, or null.
const Secret* checked_token(const Job& job) {
  const auto& token = job.secrets.overwrite_token;
  if (!token) return nullptr;
  const auto colon = token->reveal().find(':');
  if (colon != std::string_view::npos && colon > 0 && colon + 1 < token->reveal().size()) {
    return &*token;
  }
  throw UserError{
      fmt::format("overwrite_{}_token must be a user and a password with a colon between them: "
                  "`user:password`",
                  merges(job) ? "target_index" : "from_index")};
}

/// Whose repository the token is for.
std::optional<model::ImageReference> token_image(const Job& job) {
  const auto& index = base_index_of(job);
  return index ? std::optional{model::ImageReference::parse(*index)} : std::nullopt;
}

}  // namespace

Context::Context(const Job& job, const Environment& environment, Progress& progress,
                 const Cancellation& cancellation)
    : job_{job},
      environment_{environment},
      progress_{progress},
      cancellation_{cancellation},
      access_{.auth_file = {},
              .work_directory = {},
              .log = progress.log(),
              .cancellation = cancellation} {
  begin();
}

void Context::begin() {
  const auto& settings = environment_.settings;
  directory_ = std::make_unique<TempDir>(checked_work_root(environment_),
                                         fmt::format("request-{}-", job_.request.id.value()));
  own_auth_file_ = directory_->path() / "own-auth.json";
  access_.auth_file = directory_->path() / "auth.json";
  access_.work_directory = make_directory("image");
  const auto base = image::find_base_auth_file(settings.docker_config_template);
  const auto& given = job_.secrets.registry_auths;
  image::write_auth_file(own_auth_file_, base);
  image::write_auth_file(access_.auth_file, base,
                         {.registry_auths = given ? &*given : nullptr,
                          .token = checked_token(job_),
                          .token_image = token_image(job_)});
}

const std::optional<std::string>& Context::base_index() const {
  return base_index_of(job_);
}

std::string_view Context::base_index_parameter() const {
  return merges(job_) ? "target_index" : "from_index";
}

bool Context::overwrites() const {
  const auto& arguments = job_.arguments;
  const bool wanted =
      merges(job_) ? arguments.overwrite_target_index : arguments.overwrite_from_index;
  return wanted && base_index().has_value();
}

image::Access Context::own_access() const {
  auto access = access_;
  access.auth_file = own_auth_file_;
  return access;
}

std::filesystem::path Context::make_directory(std::string_view name) const {
  auto path = directory_->path() / name;
  std::error_code error;
  std::filesystem::create_directory(path, error);
  if (error) {
    throw ExternalError{
        fmt::format("directory {} cannot be made for the build: {}", name, error.message()),
        ExternalError::Retry::no};
  }
  return path;
}

bool Context::owns(const std::filesystem::path& path) const {
  return is_within(path, directory_->path());
}

catalog::Work Context::catalog_work(std::string_view name) const {
  // A database that was read was unpacked for this request alone, and FileBasedEngine copies a
  // hidden one, which others may use (KeptCatalogs), before it is changed.
  return {.directory = make_directory(name),
          .log = log(),
          .cancellation = cancellation_,
          .source_use = catalog::SourceUse::in_place};
}

void Context::enter_state(std::string reason, model::Learned learned) {
  cancellation_.check(reason);
  progress_.state(std::move(reason), std::move(learned));
}

}  // namespace iib::task
